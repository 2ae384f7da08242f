/** Helpers that read and write memory for a program: ring buffers, dynptrs, strings, memory of the kernel and of processes. Lines as ./lines.ts describes them. */
export const MEMORY_HELPERS = `
bpf_ringbuf_output(map, mem:r, size0, any) -> int
bpf_ringbuf_reserve(map, alloc0, any) -> record?
bpf_ringbuf_submit(record:!, any) -> void
bpf_ringbuf_discard(record:!, any) -> void
bpf_ringbuf_query(map, any) -> int
bpf_ringbuf_reserve_dynptr(map, any, any, dynptr(ringbuf):uw) -> int
bpf_ringbuf_submit_dynptr(dynptr(ringbuf):!, any) -> void
bpf_ringbuf_discard_dynptr(dynptr(ringbuf):!, any) -> void
bpf_user_ringbuf_drain(map, func, stack?, any) -> int
bpf_dynptr_from_mem(mem:uw, size0, any, dynptr(local):uw) -> int
bpf_dynptr_read(mem:uw, size0, dynptr, any, any) -> int | before 612
bpf_dynptr_read(mem:uw, size0, dynptr:r, any, any) -> int
bpf_dynptr_write(dynptr, any, mem:r, size0, any) -> int | before 612
bpf_dynptr_write(dynptr:r, any, mem:r, size0, any) -> int
bpf_dynptr_data(dynptr, any, alloc0) -> mem? | before 612
bpf_dynptr_data(dynptr:r, any, alloc0) -> mem?
bpf_strtol(mem:r, size, any, mem[8]:uwa) -> int
bpf_strtoul(mem:r, size, any, mem[8]:uwa) -> int
bpf_strncmp(mem, size, str) -> int | before 612
bpf_strncmp(mem:r, size, str) -> int
bpf_snprintf(mem?, size0, str, mem:r?, size0) -> int gpl | before 618
bpf_snprintf(mem:w?, size0, str, mem:r?, size0) -> int gpl
bpf_snprintf_btf(mem, size, mem:r, size, any) -> int | before 618
bpf_snprintf_btf(mem:w, size, mem:r, size, any) -> int
bpf_trace_printk(mem:r, size) -> int gpl
bpf_trace_vprintk(mem:r, size, mem:r?, size0) -> int gpl
bpf_probe_read(mem:uw, size0, any) -> int gpl
bpf_probe_read_str(mem:uw, size0, any) -> int gpl
bpf_probe_read_user(mem:uw, size0, any) -> int gpl
bpf_probe_read_user_str(mem:uw, size0, any) -> int gpl
bpf_probe_read_kernel(mem:uw, size0, any) -> int gpl
bpf_probe_read_kernel_str(mem:uw, size0, any) -> int gpl
bpf_probe_write_user(any, mem:r, size) -> int gpl
bpf_copy_from_user(mem:uw, size0, any) -> int sleeps
bpf_copy_from_user_task(mem:uw, size0, any, btf(task_struct), any) -> int gpl sleeps
bpf_per_cpu_ptr(percpu, any) -> mem_or_btf:r?
bpf_this_cpu_ptr(percpu) -> mem_or_btf:r
`;

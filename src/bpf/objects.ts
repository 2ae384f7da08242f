/** Dynptrs: memory whose length is known only at run time. And sections that the kernel wants closed. */

import type { MapDeclaration } from "../object/module.ts";
import type { bool, i32, i64, u32, u64 } from "./integers.ts";
import { notCompiled } from "./not-compiled.ts";

/**
 * Memory of a packet, a map or a ring buffer, and how much of it there is; the kernel checks each access. It lies in the program's frame, and begins
 * with `const data = zeroed<Dynptr>()`; functions below make one of it. Linux 5.19, `struct bpf_dynptr`.
 */
export interface Dynptr {
  readonly "~special": "bpf_dynptr";
}

/**
 * A pointer to a struct of the kernel that a map's value owns; null in a literal. Reading it gives what it holds, or null, for as long as RCU protects it; only
 * `bpf_kptr_xchg` changes it. What is in it when an entry is deleted is released. Linux 6.4.
 */
export type Kptr<Type extends object> = Type | null;

/** Puts a pointer that the program owns, or null, into a map's value; gives what was there, which the program then owns: release it, or put it elsewhere. Linux 5.19. */
export function bpf_kptr_xchg<Type extends object>(_field: Kptr<Type>, _pointer: Type | null): Type | null {
  return notCompiled("bpf_kptr_xchg");
}

/** What reads and writes: errors are -E2BIG (-7) beyond the end, -EINVAL (-22) of a dynptr that could not be made, or may not be written. */
type Status = i64;

/** Makes a dynptr of memory in a map's value. `flags` is 0. Linux 5.19. */
export function bpf_dynptr_from_mem(_data: object, _flags: u64, _dynptr: Dynptr): Status;
export function bpf_dynptr_from_mem(_data: object, _length: u32, _flags: u64, _dynptr: Dynptr): Status;
export function bpf_dynptr_from_mem(): Status {
  return notCompiled("bpf_dynptr_from_mem");
}

/**
 * Reserves so many bytes in a ring buffer. Whether there was room or not, it is handed back on every path, by `bpf_ringbuf_submit_dynptr` or
 * `bpf_ringbuf_discard_dynptr`. `flags` is 0. Linux 5.19.
 */
export function bpf_ringbuf_reserve_dynptr(_ringbuf: MapDeclaration, _size: u32, _flags: u64, _dynptr: Dynptr): Status {
  return notCompiled("bpf_ringbuf_reserve_dynptr");
}

/** Hands what was reserved to user space. Linux 5.19. */
export function bpf_ringbuf_submit_dynptr(_dynptr: Dynptr, _flags?: u64): void {
  notCompiled("bpf_ringbuf_submit_dynptr");
}

/** Gives up what was reserved. Linux 5.19. */
export function bpf_ringbuf_discard_dynptr(_dynptr: Dynptr, _flags?: u64): void {
  notCompiled("bpf_ringbuf_discard_dynptr");
}

/** Copies bytes from an offset into a struct or array. Linux 5.19. */
export function bpf_dynptr_read(_to: object, _dynptr: Dynptr, _offset: u64, _flags?: u64): Status;
export function bpf_dynptr_read(_to: object, _length: u32, _dynptr: Dynptr, _offset: u64, _flags: u64): Status;
export function bpf_dynptr_read(): Status {
  return notCompiled("bpf_dynptr_read");
}

/** Copies a struct or array to an offset. Afterwards views of a packet are void. Linux 5.19. */
export function bpf_dynptr_write(_dynptr: Dynptr, _offset: u64, _from: object, _flags?: u64): Status;
export function bpf_dynptr_write(_dynptr: Dynptr, _offset: u64, _from: object, _length: u32, _flags: u64): Status;
export function bpf_dynptr_write(): Status {
  return notCompiled("bpf_dynptr_write");
}

/** The memory at an offset as a struct, array or header, or null when it ends before. Not of packets: see `bpf_dynptr_slice`. Linux 5.19. */
export function bpf_dynptr_data<Type>(_dynptr: Dynptr, _offset: u64): Type | null {
  return notCompiled("bpf_dynptr_data");
}

/** Makes a dynptr of the packet. `flags` is 0. Linux 6.4. */
export function bpf_dynptr_from_skb(_context: object, _flags: u64, _dynptr: Dynptr): i32 {
  return notCompiled("bpf_dynptr_from_skb");
}

/** Makes a dynptr of the packet, fragments included. `flags` is 0. Linux 6.4. */
export function bpf_dynptr_from_xdp(_context: object, _flags: u64, _dynptr: Dynptr): i32 {
  return notCompiled("bpf_dynptr_from_xdp");
}

/**
 * What lies at an offset, to be read: where it lies, or in `buffer`, where it is copied when it does not lie in one piece; or null. Without a buffer (`null`)
 * that is null, too. Linux 6.4.
 */
export function bpf_dynptr_slice<Type>(_dynptr: Dynptr, _offset: u32, _buffer: object | null): Readonly<Type> | null {
  return notCompiled("bpf_dynptr_slice");
}

/** The same, to be written as well; what was written into `buffer` is put back by `bpf_dynptr_write`. Linux 6.4. */
export function bpf_dynptr_slice_rdwr<Type>(_dynptr: Dynptr, _offset: u32, _buffer: object | null): Type | null {
  return notCompiled("bpf_dynptr_slice_rdwr");
}

/** Makes it see the bytes from one offset up to another alone. Linux 6.5. */
export function bpf_dynptr_adjust(_dynptr: Dynptr, _start: u32, _end: u32): i32 {
  return notCompiled("bpf_dynptr_adjust");
}

/** How many bytes it sees. Linux 6.5. */
export function bpf_dynptr_size(_dynptr: Dynptr): u32 {
  return notCompiled("bpf_dynptr_size");
}

/** Makes another one of the same memory. Linux 6.5. */
export function bpf_dynptr_clone(_dynptr: Dynptr, _other: Dynptr): i32 {
  return notCompiled("bpf_dynptr_clone");
}

/** Whether it could not be made. Linux 6.5. */
export function bpf_dynptr_is_null(_dynptr: Dynptr): bool {
  return notCompiled("bpf_dynptr_is_null");
}

/** Whether it may only be read. Linux 6.5. */
export function bpf_dynptr_is_rdonly(_dynptr: Dynptr): bool {
  return notCompiled("bpf_dynptr_is_rdonly");
}

/** Begins a section in which what RCU protects is kept: programs that may sleep need it to read such pointers. Closed on every path. Linux 6.2. */
export function bpf_rcu_read_lock(): void {
  notCompiled("bpf_rcu_read_lock");
}

/** Closes the section. Linux 6.2. */
export function bpf_rcu_read_unlock(): void {
  notCompiled("bpf_rcu_read_unlock");
}

/** Begins a section in which nothing else runs on this CPU but interrupts. Closed on every path. Linux 6.10. */
export function bpf_preempt_disable(): void {
  notCompiled("bpf_preempt_disable");
}

/** Closes the section. Linux 6.10. */
export function bpf_preempt_enable(): void {
  notCompiled("bpf_preempt_enable");
}

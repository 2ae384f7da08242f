// Every way in which bpf_tracing.h gives arguments to probes.
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

u64 seen[8];
char last[64];

SEC("kprobe/do_unlinkat")
int BPF_KPROBE(on_unlink, int dfd, struct filename *name)
{
	const char *filename = BPF_CORE_READ(name, name);

	bpf_probe_read_kernel_str(last, sizeof(last), filename);
	bpf_printk("unlink %d %s", dfd, last);
	return 0;
}

SEC("kretprobe/do_unlinkat")
int BPF_KRETPROBE(after_unlink, long ret)
{
	seen[0] += ret == 0;
	return 0;
}

SEC("ksyscall/kill")
int BPF_KSYSCALL(on_kill, pid_t pid, int sig)
{
	if (sig == 9)
		__sync_fetch_and_add(&seen[1], 1);
	bpf_printk("kill %d %d by %d, %d so far", pid, sig, (u32)bpf_get_current_pid_tgid(), seen[1]);
	return 0;
}

SEC("uprobe")
int BPF_UPROBE(on_add, int a, int b)
{
	seen[2] += a + b;
	return 0;
}

SEC("uretprobe")
int BPF_URETPROBE(after_add, int ret)
{
	seen[3] += ret;
	return 0;
}

SEC("kprobe/tcp_v4_connect")
int registers(struct pt_regs *ctx)
{
	struct sock *sk = (struct sock *)PT_REGS_PARM1(ctx);
	u64 ip = 0;

	BPF_KPROBE_READ_RET_IP(ip, ctx);
	seen[4] = ip + PT_REGS_SP(ctx) + PT_REGS_IP(ctx);
	seen[5] = BPF_CORE_READ(sk, __sk_common.skc_dport);
	return 0;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(on_switch, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	seen[6] = prev->pid;
	seen[7] = next->mm ? next->mm->total_vm : 0;
	if (bpf_core_field_exists(next->__state))
		seen[0] += BPF_CORE_READ_BITFIELD_PROBED(next, in_execve) + BPF_CORE_READ_BITFIELD(next, in_iowait);
	return 0;
}

SEC("raw_tp/sched_process_fork")
int BPF_PROG(on_fork, struct task_struct *parent, struct task_struct *child)
{
	seen[1] = BPF_CORE_READ(child, pid);
	BPF_CORE_READ_STR_INTO(&last, child, comm);
	return 0;
}

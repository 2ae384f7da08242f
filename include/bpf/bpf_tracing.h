/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs that observe functions: arguments by name instead of by register. Registers are those of the machine that the program will run
 * on, which `__TARGET_ARCH_x86`, `__TARGET_ARCH_arm64` … says (Skep gives it to clang).
 */
#ifndef __BPF_TRACING_H__
#define __BPF_TRACING_H__

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

struct pt_regs;

/* ── registers: of arguments of functions, of system calls, and others; from the calling conventions of each machine ── */

#if defined(__TARGET_ARCH_x86)
/* In the kernel's own types registers have two letters; in those for user space, the processor's names. */
#if defined(__KERNEL__) || defined(__VMLINUX_H__)
#define ___regs_arg1 di
#define ___regs_arg2 si
#define ___regs_arg3 dx
#define ___regs_arg4 cx
#define ___regs_fp bp
#define ___regs_rc ax
#define ___regs_sp sp
#define ___regs_ip ip
#define ___regs_number orig_ax
#else
#define ___regs_arg1 rdi
#define ___regs_arg2 rsi
#define ___regs_arg3 rdx
#define ___regs_arg4 rcx
#define ___regs_fp rbp
#define ___regs_rc rax
#define ___regs_sp rsp
#define ___regs_ip rip
#define ___regs_number orig_rax
#endif
#define ___regs_arg5 r8
#define ___regs_arg6 r9
#define ___regs_ret ___regs_sp
/* `syscall` needs rcx for itself. */
#define ___regs_sys4 r10

#elif defined(__TARGET_ARCH_arm64)
struct pt_regs___arm64 {
	unsigned long orig_x0;
} __attribute__((preserve_access_index));
#define ___regs_cast(x) ((const struct user_pt_regs *)(x))
#define ___regs_arg1 regs[0]
#define ___regs_arg2 regs[1]
#define ___regs_arg3 regs[2]
#define ___regs_arg4 regs[3]
#define ___regs_arg5 regs[4]
#define ___regs_arg6 regs[5]
#define ___regs_arg7 regs[6]
#define ___regs_arg8 regs[7]
#define ___regs_ret regs[30]
#define ___regs_fp regs[29]
#define ___regs_rc regs[0]
#define ___regs_sp sp
#define ___regs_ip pc
/* The result overwrites the first argument: the kernel keeps it beside. */
#define PT_REGS_PARM1_CORE_SYSCALL(x) BPF_CORE_READ((const struct pt_regs___arm64 *)(x), orig_x0)
#define PT_REGS_PARM1_SYSCALL(x) PT_REGS_PARM1_CORE_SYSCALL(x)

#elif defined(__TARGET_ARCH_arm)
#define ___regs_arg1 uregs[0]
#define ___regs_arg2 uregs[1]
#define ___regs_arg3 uregs[2]
#define ___regs_arg4 uregs[3]
#define ___regs_sys5 uregs[4]
#define ___regs_sys6 uregs[5]
#define ___regs_ret uregs[14]
#define ___regs_fp uregs[11]
#define ___regs_rc uregs[0]
#define ___regs_sp uregs[13]
#define ___regs_ip uregs[15]

#elif defined(__TARGET_ARCH_s390)
struct pt_regs___s390 {
	unsigned long orig_gpr2;
} __attribute__((preserve_access_index));
#define ___regs_cast(x) ((const user_pt_regs *)(x))
#define ___regs_arg1 gprs[2]
#define ___regs_arg2 gprs[3]
#define ___regs_arg3 gprs[4]
#define ___regs_arg4 gprs[5]
#define ___regs_arg5 gprs[6]
#define ___regs_sys6 gprs[7]
#define ___regs_ret gprs[14]
#define ___regs_fp gprs[11]
#define ___regs_rc gprs[2]
#define ___regs_sp gprs[15]
#define ___regs_ip psw.addr
#define PT_REGS_PARM1_CORE_SYSCALL(x) BPF_CORE_READ((const struct pt_regs___s390 *)(x), orig_gpr2)
#define PT_REGS_PARM1_SYSCALL(x) PT_REGS_PARM1_CORE_SYSCALL(x)

#elif defined(__TARGET_ARCH_mips)
#define ___regs_arg1 regs[4]
#define ___regs_arg2 regs[5]
#define ___regs_arg3 regs[6]
#define ___regs_arg4 regs[7]
#define ___regs_arg5 regs[8]
#define ___regs_arg6 regs[9]
#define ___regs_arg7 regs[10]
#define ___regs_arg8 regs[11]
#define ___regs_ret regs[31]
#define ___regs_fp regs[30]
#define ___regs_rc regs[2]
#define ___regs_sp regs[29]
#define ___regs_ip cp0_epc

#elif defined(__TARGET_ARCH_powerpc)
#define ___regs_arg1 gpr[3]
#define ___regs_arg2 gpr[4]
#define ___regs_arg3 gpr[5]
#define ___regs_arg4 gpr[6]
#define ___regs_arg5 gpr[7]
#define ___regs_arg6 gpr[8]
#define ___regs_arg7 gpr[9]
#define ___regs_arg8 gpr[10]
#define ___regs_sys1 orig_gpr3
#define ___regs_ret link
#define ___regs_rc gpr[3]
#define ___regs_sp gpr[1]
#define ___regs_ip nip
#define ___regs_direct_syscalls

#elif defined(__TARGET_ARCH_riscv)
#define ___regs_cast(x) ((const struct user_regs_struct *)(x))
#define ___regs_arg1 a0
#define ___regs_arg2 a1
#define ___regs_arg3 a2
#define ___regs_arg4 a3
#define ___regs_arg5 a4
#define ___regs_arg6 a5
#define ___regs_arg7 a6
#define ___regs_arg8 a7
#define ___regs_ret ra
#define ___regs_fp s0
#define ___regs_rc a0
#define ___regs_sp sp
#define ___regs_ip pc
#define ___regs_direct_syscalls

#elif defined(__TARGET_ARCH_loongarch)
#define ___regs_cast(x) ((const struct user_pt_regs *)(x))
#define ___regs_arg1 regs[4]
#define ___regs_arg2 regs[5]
#define ___regs_arg3 regs[6]
#define ___regs_arg4 regs[7]
#define ___regs_arg5 regs[8]
#define ___regs_arg6 regs[9]
#define ___regs_arg7 regs[10]
#define ___regs_arg8 regs[11]
#define ___regs_ret regs[1]
#define ___regs_fp regs[22]
#define ___regs_rc regs[4]
#define ___regs_sp regs[3]
#define ___regs_ip csr_era
#define ___regs_direct_syscalls
#endif

#ifndef ___regs_cast
#define ___regs_cast(x) (x)
#endif

/* A machine that is not known, or a register that it does not have: said where it is used, not where this is included. */
#ifndef ___regs_arg1
#define ___regs_arg1 ___define_a___TARGET_ARCH_for_registers
#define ___regs_arg2 ___define_a___TARGET_ARCH_for_registers
#define ___regs_arg3 ___define_a___TARGET_ARCH_for_registers
#define ___regs_arg4 ___define_a___TARGET_ARCH_for_registers
#define ___regs_rc ___define_a___TARGET_ARCH_for_registers
#define ___regs_ret ___define_a___TARGET_ARCH_for_registers
#define ___regs_sp ___define_a___TARGET_ARCH_for_registers
#define ___regs_ip ___define_a___TARGET_ARCH_for_registers
#endif
#ifndef ___regs_arg5
#define ___regs_arg5 ___this_machine_has_no_such_register
#endif
#ifndef ___regs_arg6
#define ___regs_arg6 ___this_machine_has_no_such_register
#endif
#ifndef ___regs_arg7
#define ___regs_arg7 ___this_machine_has_no_such_register
#endif
#ifndef ___regs_arg8
#define ___regs_arg8 ___this_machine_has_no_such_register
#endif
#ifndef ___regs_fp
#define ___regs_fp ___this_machine_has_no_such_register
#endif
#ifndef ___regs_sys1
#define ___regs_sys1 ___regs_arg1
#endif
#ifndef ___regs_sys2
#define ___regs_sys2 ___regs_arg2
#endif
#ifndef ___regs_sys3
#define ___regs_sys3 ___regs_arg3
#endif
#ifndef ___regs_sys4
#define ___regs_sys4 ___regs_arg4
#endif
#ifndef ___regs_sys5
#define ___regs_sys5 ___regs_arg5
#endif
#ifndef ___regs_sys6
#define ___regs_sys6 ___regs_arg6
#endif

/* From the registers in a kprobe's context, directly; or from a copy in the kernel's memory, by CO-RE. */
#define PT_REGS_PARM1(x) (___regs_cast(x)->___regs_arg1)
#define PT_REGS_PARM1_CORE(x) BPF_CORE_READ(___regs_cast(x), ___regs_arg1)
#define PT_REGS_PARM2(x) (___regs_cast(x)->___regs_arg2)
#define PT_REGS_PARM2_CORE(x) BPF_CORE_READ(___regs_cast(x), ___regs_arg2)
#define PT_REGS_PARM3(x) (___regs_cast(x)->___regs_arg3)
#define PT_REGS_PARM3_CORE(x) BPF_CORE_READ(___regs_cast(x), ___regs_arg3)
#define PT_REGS_PARM4(x) (___regs_cast(x)->___regs_arg4)
#define PT_REGS_PARM4_CORE(x) BPF_CORE_READ(___regs_cast(x), ___regs_arg4)
#define PT_REGS_PARM5(x) (___regs_cast(x)->___regs_arg5)
#define PT_REGS_PARM5_CORE(x) BPF_CORE_READ(___regs_cast(x), ___regs_arg5)
#define PT_REGS_PARM6(x) (___regs_cast(x)->___regs_arg6)
#define PT_REGS_PARM6_CORE(x) BPF_CORE_READ(___regs_cast(x), ___regs_arg6)
#define PT_REGS_PARM7(x) (___regs_cast(x)->___regs_arg7)
#define PT_REGS_PARM7_CORE(x) BPF_CORE_READ(___regs_cast(x), ___regs_arg7)
#define PT_REGS_PARM8(x) (___regs_cast(x)->___regs_arg8)
#define PT_REGS_PARM8_CORE(x) BPF_CORE_READ(___regs_cast(x), ___regs_arg8)
#define PT_REGS_RET(x) (___regs_cast(x)->___regs_ret)
#define PT_REGS_RET_CORE(x) BPF_CORE_READ(___regs_cast(x), ___regs_ret)
#define PT_REGS_FP(x) (___regs_cast(x)->___regs_fp)
#define PT_REGS_FP_CORE(x) BPF_CORE_READ(___regs_cast(x), ___regs_fp)
#define PT_REGS_RC(x) (___regs_cast(x)->___regs_rc)
#define PT_REGS_RC_CORE(x) BPF_CORE_READ(___regs_cast(x), ___regs_rc)
#define PT_REGS_SP(x) (___regs_cast(x)->___regs_sp)
#define PT_REGS_SP_CORE(x) BPF_CORE_READ(___regs_cast(x), ___regs_sp)
#define PT_REGS_IP(x) (___regs_cast(x)->___regs_ip)
#define PT_REGS_IP_CORE(x) BPF_CORE_READ(___regs_cast(x), ___regs_ip)

/* Arguments of a system call; some machines pass them in other registers. */
#ifndef PT_REGS_PARM1_SYSCALL
#define PT_REGS_PARM1_SYSCALL(x) (___regs_cast(x)->___regs_sys1)
#define PT_REGS_PARM1_CORE_SYSCALL(x) BPF_CORE_READ(___regs_cast(x), ___regs_sys1)
#endif
#define PT_REGS_PARM2_SYSCALL(x) (___regs_cast(x)->___regs_sys2)
#define PT_REGS_PARM2_CORE_SYSCALL(x) BPF_CORE_READ(___regs_cast(x), ___regs_sys2)
#define PT_REGS_PARM3_SYSCALL(x) (___regs_cast(x)->___regs_sys3)
#define PT_REGS_PARM3_CORE_SYSCALL(x) BPF_CORE_READ(___regs_cast(x), ___regs_sys3)
#define PT_REGS_PARM4_SYSCALL(x) (___regs_cast(x)->___regs_sys4)
#define PT_REGS_PARM4_CORE_SYSCALL(x) BPF_CORE_READ(___regs_cast(x), ___regs_sys4)
#define PT_REGS_PARM5_SYSCALL(x) (___regs_cast(x)->___regs_sys5)
#define PT_REGS_PARM5_CORE_SYSCALL(x) BPF_CORE_READ(___regs_cast(x), ___regs_sys5)
#define PT_REGS_PARM6_SYSCALL(x) (___regs_cast(x)->___regs_sys6)
#define PT_REGS_PARM6_CORE_SYSCALL(x) BPF_CORE_READ(___regs_cast(x), ___regs_sys6)

/* Most kernels hand a pointer to the caller's registers to a system call's function; some machines' hand the registers themselves. */
#ifndef PT_REGS_SYSCALL_REGS
#ifdef ___regs_direct_syscalls
#define PT_REGS_SYSCALL_REGS(ctx) (ctx)
#else
#define PT_REGS_SYSCALL_REGS(ctx) ((struct pt_regs *)PT_REGS_PARM1(ctx))
#endif
#endif

/* Where the probed function will return to. */
#if defined(__TARGET_ARCH_powerpc) || defined(__TARGET_ARCH_arm64) || defined(__TARGET_ARCH_riscv) || defined(__TARGET_ARCH_loongarch)
#define BPF_KPROBE_READ_RET_IP(ip, ctx) ({ (ip) = PT_REGS_RET(ctx); })
#define BPF_KRETPROBE_READ_RET_IP(ip, ctx) ({ (ip) = PT_REGS_RET(ctx); })
#else
#define BPF_KPROBE_READ_RET_IP(ip, ctx) ({ bpf_probe_read_kernel(&(ip), sizeof(ip), (void *)PT_REGS_RET(ctx)); })
#define BPF_KRETPROBE_READ_RET_IP(ip, ctx) ({ bpf_probe_read_kernel(&(ip), sizeof(ip), (void *)(PT_REGS_FP(ctx) + sizeof(ip))); })
#endif

/*
 * ── programs with named arguments ──
 *
 * Each macro below declares the program `name(ctx)`, which the object exports, and an inner function with the arguments as they are
 * written, which is inlined. Arguments come in as u64: conversions to pointers are meant.
 */
#define ___bpf_wrapper(name, ctx_type, call, inner_args...) \
	name(ctx_type *ctx); \
	static __always_inline typeof(name(0)) ____##name(ctx_type *ctx, ##inner_args); \
	typeof(name(0)) name(ctx_type *ctx) \
	{ \
		___bpf_ignore_conversions \
		return ____##name(call); \
		___bpf_heed_conversions \
	} \
	static __always_inline typeof(name(0)) ____##name(ctx_type *ctx, ##inner_args)

/* `ctx, (void *)ctx[0], (void *)ctx[1] …`: as many as there are arguments. */
#define ___bpf_ctx0() ctx
#define ___bpf_ctx1(a1) ctx, (void *)ctx[0]
#define ___bpf_ctx2(a1, a2) ctx, (void *)ctx[0], (void *)ctx[1]
#define ___bpf_ctx3(a1, a2, a3) ctx, (void *)ctx[0], (void *)ctx[1], (void *)ctx[2]
#define ___bpf_ctx4(a1, a2, a3, a4) ctx, (void *)ctx[0], (void *)ctx[1], (void *)ctx[2], (void *)ctx[3]
#define ___bpf_ctx5(a1, a2, a3, a4, a5) ctx, (void *)ctx[0], (void *)ctx[1], (void *)ctx[2], (void *)ctx[3], (void *)ctx[4]
#define ___bpf_ctx6(a1, a2, a3, a4, a5, a6) ctx, (void *)ctx[0], (void *)ctx[1], (void *)ctx[2], (void *)ctx[3], (void *)ctx[4], (void *)ctx[5]
#define ___bpf_ctx7(a1, a2, a3, a4, a5, a6, a7) ctx, (void *)ctx[0], (void *)ctx[1], (void *)ctx[2], (void *)ctx[3], (void *)ctx[4], (void *)ctx[5], (void *)ctx[6]
#define ___bpf_ctx8(a1, a2, a3, a4, a5, a6, a7, a8) ctx, (void *)ctx[0], (void *)ctx[1], (void *)ctx[2], (void *)ctx[3], (void *)ctx[4], (void *)ctx[5], (void *)ctx[6], (void *)ctx[7]
#define ___bpf_ctx9(a1, a2, a3, a4, a5, a6, a7, a8, a9) ctx, (void *)ctx[0], (void *)ctx[1], (void *)ctx[2], (void *)ctx[3], (void *)ctx[4], (void *)ctx[5], (void *)ctx[6], (void *)ctx[7], (void *)ctx[8]
#define ___bpf_ctx10(a1, a2, a3, a4, a5, a6, a7, a8, a9, a10) ctx, (void *)ctx[0], (void *)ctx[1], (void *)ctx[2], (void *)ctx[3], (void *)ctx[4], (void *)ctx[5], (void *)ctx[6], (void *)ctx[7], (void *)ctx[8], (void *)ctx[9]
#define ___bpf_ctx11(a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11) ctx, (void *)ctx[0], (void *)ctx[1], (void *)ctx[2], (void *)ctx[3], (void *)ctx[4], (void *)ctx[5], (void *)ctx[6], (void *)ctx[7], (void *)ctx[8], (void *)ctx[9], (void *)ctx[10]
#define ___bpf_ctx12(a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12) ctx, (void *)ctx[0], (void *)ctx[1], (void *)ctx[2], (void *)ctx[3], (void *)ctx[4], (void *)ctx[5], (void *)ctx[6], (void *)ctx[7], (void *)ctx[8], (void *)ctx[9], (void *)ctx[10], (void *)ctx[11]
#define ___bpf_ctx(args...) ___bpf_apply(___bpf_ctx, ___bpf_narg(args))(args)

/*
 * tp_btf, fentry, fexit, fmod_ret, lsm, raw_tp, struct_ops:
 *   SEC("fentry/do_unlinkat") int BPF_PROG(on_unlink, int dfd, struct filename *name) { … }
 */
#define BPF_PROG(name, args...) ___bpf_wrapper(name, unsigned long long, ___bpf_ctx(args), ##args)

/*
 * The same where an argument may be a struct by value of up to 16 bytes, which takes one or two places in the context (Linux 6.1). Types and
 * names are arguments of the macro: BPF_PROG2(name, int, dfd, struct pair, pair).
 */
#define ___bpf_places(type) (sizeof(type) <= 8 ? 1 : 2)
#define ___bpf_by_value(type, at) \
	({ \
		_Static_assert(sizeof(type) <= 16, #type " is too large to be passed by value"); \
		typeof(type) ___argument; \
		__builtin_memcpy(&___argument, &ctx[at], sizeof(___argument)); \
		___argument; \
	})
#define ___bpf_nth_pair(_0, _1, _2, _3, _4, _5, _6, _7, _8, _9, _10, _11, _12, _13, _14, _15, _16, _17, _18, _19, _20, _21, _22, _23, _24, n, ...) n
#define ___bpf_pairs(...) ___bpf_nth_pair(_, ##__VA_ARGS__, 12, odd, 11, odd, 10, odd, 9, odd, 8, odd, 7, odd, 6, odd, 5, odd, 4, odd, 3, odd, 2, odd, 1, odd, 0)
#define ___bpf_declare0()
#define ___bpf_pass0()
#define ___bpf_declare1(t1, a1) , t1 a1
#define ___bpf_pass1(t1, a1) , ___bpf_by_value(t1, 0)
#define ___bpf_declare2(t1, a1, t2, a2) , t1 a1, t2 a2
#define ___bpf_pass2(t1, a1, t2, a2) , ___bpf_by_value(t1, 0), ___bpf_by_value(t2, ___bpf_places(t1))
#define ___bpf_declare3(t1, a1, t2, a2, t3, a3) , t1 a1, t2 a2, t3 a3
#define ___bpf_pass3(t1, a1, t2, a2, t3, a3) , ___bpf_by_value(t1, 0), ___bpf_by_value(t2, ___bpf_places(t1)), ___bpf_by_value(t3, ___bpf_places(t1) + ___bpf_places(t2))
#define ___bpf_declare4(t1, a1, t2, a2, t3, a3, t4, a4) , t1 a1, t2 a2, t3 a3, t4 a4
#define ___bpf_pass4(t1, a1, t2, a2, t3, a3, t4, a4) , ___bpf_by_value(t1, 0), ___bpf_by_value(t2, ___bpf_places(t1)), ___bpf_by_value(t3, ___bpf_places(t1) + ___bpf_places(t2)), ___bpf_by_value(t4, ___bpf_places(t1) + ___bpf_places(t2) + ___bpf_places(t3))
#define ___bpf_declare5(t1, a1, t2, a2, t3, a3, t4, a4, t5, a5) , t1 a1, t2 a2, t3 a3, t4 a4, t5 a5
#define ___bpf_pass5(t1, a1, t2, a2, t3, a3, t4, a4, t5, a5) , ___bpf_by_value(t1, 0), ___bpf_by_value(t2, ___bpf_places(t1)), ___bpf_by_value(t3, ___bpf_places(t1) + ___bpf_places(t2)), ___bpf_by_value(t4, ___bpf_places(t1) + ___bpf_places(t2) + ___bpf_places(t3)), ___bpf_by_value(t5, ___bpf_places(t1) + ___bpf_places(t2) + ___bpf_places(t3) + ___bpf_places(t4))
#define ___bpf_declare6(t1, a1, t2, a2, t3, a3, t4, a4, t5, a5, t6, a6) , t1 a1, t2 a2, t3 a3, t4 a4, t5 a5, t6 a6
#define ___bpf_pass6(t1, a1, t2, a2, t3, a3, t4, a4, t5, a5, t6, a6) , ___bpf_by_value(t1, 0), ___bpf_by_value(t2, ___bpf_places(t1)), ___bpf_by_value(t3, ___bpf_places(t1) + ___bpf_places(t2)), ___bpf_by_value(t4, ___bpf_places(t1) + ___bpf_places(t2) + ___bpf_places(t3)), ___bpf_by_value(t5, ___bpf_places(t1) + ___bpf_places(t2) + ___bpf_places(t3) + ___bpf_places(t4)), ___bpf_by_value(t6, ___bpf_places(t1) + ___bpf_places(t2) + ___bpf_places(t3) + ___bpf_places(t4) + ___bpf_places(t5))
#define ___bpf_declare7(t1, a1, t2, a2, t3, a3, t4, a4, t5, a5, t6, a6, t7, a7) , t1 a1, t2 a2, t3 a3, t4 a4, t5 a5, t6 a6, t7 a7
#define ___bpf_pass7(t1, a1, t2, a2, t3, a3, t4, a4, t5, a5, t6, a6, t7, a7) , ___bpf_by_value(t1, 0), ___bpf_by_value(t2, ___bpf_places(t1)), ___bpf_by_value(t3, ___bpf_places(t1) + ___bpf_places(t2)), ___bpf_by_value(t4, ___bpf_places(t1) + ___bpf_places(t2) + ___bpf_places(t3)), ___bpf_by_value(t5, ___bpf_places(t1) + ___bpf_places(t2) + ___bpf_places(t3) + ___bpf_places(t4)), ___bpf_by_value(t6, ___bpf_places(t1) + ___bpf_places(t2) + ___bpf_places(t3) + ___bpf_places(t4) + ___bpf_places(t5)), ___bpf_by_value(t7, ___bpf_places(t1) + ___bpf_places(t2) + ___bpf_places(t3) + ___bpf_places(t4) + ___bpf_places(t5) + ___bpf_places(t6))
#define ___bpf_declare8(t1, a1, t2, a2, t3, a3, t4, a4, t5, a5, t6, a6, t7, a7, t8, a8) , t1 a1, t2 a2, t3 a3, t4 a4, t5 a5, t6 a6, t7 a7, t8 a8
#define ___bpf_pass8(t1, a1, t2, a2, t3, a3, t4, a4, t5, a5, t6, a6, t7, a7, t8, a8) , ___bpf_by_value(t1, 0), ___bpf_by_value(t2, ___bpf_places(t1)), ___bpf_by_value(t3, ___bpf_places(t1) + ___bpf_places(t2)), ___bpf_by_value(t4, ___bpf_places(t1) + ___bpf_places(t2) + ___bpf_places(t3)), ___bpf_by_value(t5, ___bpf_places(t1) + ___bpf_places(t2) + ___bpf_places(t3) + ___bpf_places(t4)), ___bpf_by_value(t6, ___bpf_places(t1) + ___bpf_places(t2) + ___bpf_places(t3) + ___bpf_places(t4) + ___bpf_places(t5)), ___bpf_by_value(t7, ___bpf_places(t1) + ___bpf_places(t2) + ___bpf_places(t3) + ___bpf_places(t4) + ___bpf_places(t5) + ___bpf_places(t6)), ___bpf_by_value(t8, ___bpf_places(t1) + ___bpf_places(t2) + ___bpf_places(t3) + ___bpf_places(t4) + ___bpf_places(t5) + ___bpf_places(t6) + ___bpf_places(t7))
#define ___bpf_declare9(t1, a1, t2, a2, t3, a3, t4, a4, t5, a5, t6, a6, t7, a7, t8, a8, t9, a9) , t1 a1, t2 a2, t3 a3, t4 a4, t5 a5, t6 a6, t7 a7, t8 a8, t9 a9
#define ___bpf_pass9(t1, a1, t2, a2, t3, a3, t4, a4, t5, a5, t6, a6, t7, a7, t8, a8, t9, a9) , ___bpf_by_value(t1, 0), ___bpf_by_value(t2, ___bpf_places(t1)), ___bpf_by_value(t3, ___bpf_places(t1) + ___bpf_places(t2)), ___bpf_by_value(t4, ___bpf_places(t1) + ___bpf_places(t2) + ___bpf_places(t3)), ___bpf_by_value(t5, ___bpf_places(t1) + ___bpf_places(t2) + ___bpf_places(t3) + ___bpf_places(t4)), ___bpf_by_value(t6, ___bpf_places(t1) + ___bpf_places(t2) + ___bpf_places(t3) + ___bpf_places(t4) + ___bpf_places(t5)), ___bpf_by_value(t7, ___bpf_places(t1) + ___bpf_places(t2) + ___bpf_places(t3) + ___bpf_places(t4) + ___bpf_places(t5) + ___bpf_places(t6)), ___bpf_by_value(t8, ___bpf_places(t1) + ___bpf_places(t2) + ___bpf_places(t3) + ___bpf_places(t4) + ___bpf_places(t5) + ___bpf_places(t6) + ___bpf_places(t7)), ___bpf_by_value(t9, ___bpf_places(t1) + ___bpf_places(t2) + ___bpf_places(t3) + ___bpf_places(t4) + ___bpf_places(t5) + ___bpf_places(t6) + ___bpf_places(t7) + ___bpf_places(t8))
#define ___bpf_declare10(t1, a1, t2, a2, t3, a3, t4, a4, t5, a5, t6, a6, t7, a7, t8, a8, t9, a9, t10, a10) , t1 a1, t2 a2, t3 a3, t4 a4, t5 a5, t6 a6, t7 a7, t8 a8, t9 a9, t10 a10
#define ___bpf_pass10(t1, a1, t2, a2, t3, a3, t4, a4, t5, a5, t6, a6, t7, a7, t8, a8, t9, a9, t10, a10) , ___bpf_by_value(t1, 0), ___bpf_by_value(t2, ___bpf_places(t1)), ___bpf_by_value(t3, ___bpf_places(t1) + ___bpf_places(t2)), ___bpf_by_value(t4, ___bpf_places(t1) + ___bpf_places(t2) + ___bpf_places(t3)), ___bpf_by_value(t5, ___bpf_places(t1) + ___bpf_places(t2) + ___bpf_places(t3) + ___bpf_places(t4)), ___bpf_by_value(t6, ___bpf_places(t1) + ___bpf_places(t2) + ___bpf_places(t3) + ___bpf_places(t4) + ___bpf_places(t5)), ___bpf_by_value(t7, ___bpf_places(t1) + ___bpf_places(t2) + ___bpf_places(t3) + ___bpf_places(t4) + ___bpf_places(t5) + ___bpf_places(t6)), ___bpf_by_value(t8, ___bpf_places(t1) + ___bpf_places(t2) + ___bpf_places(t3) + ___bpf_places(t4) + ___bpf_places(t5) + ___bpf_places(t6) + ___bpf_places(t7)), ___bpf_by_value(t9, ___bpf_places(t1) + ___bpf_places(t2) + ___bpf_places(t3) + ___bpf_places(t4) + ___bpf_places(t5) + ___bpf_places(t6) + ___bpf_places(t7) + ___bpf_places(t8)), ___bpf_by_value(t10, ___bpf_places(t1) + ___bpf_places(t2) + ___bpf_places(t3) + ___bpf_places(t4) + ___bpf_places(t5) + ___bpf_places(t6) + ___bpf_places(t7) + ___bpf_places(t8) + ___bpf_places(t9))
#define ___bpf_declare11(t1, a1, t2, a2, t3, a3, t4, a4, t5, a5, t6, a6, t7, a7, t8, a8, t9, a9, t10, a10, t11, a11) , t1 a1, t2 a2, t3 a3, t4 a4, t5 a5, t6 a6, t7 a7, t8 a8, t9 a9, t10 a10, t11 a11
#define ___bpf_pass11(t1, a1, t2, a2, t3, a3, t4, a4, t5, a5, t6, a6, t7, a7, t8, a8, t9, a9, t10, a10, t11, a11) , ___bpf_by_value(t1, 0), ___bpf_by_value(t2, ___bpf_places(t1)), ___bpf_by_value(t3, ___bpf_places(t1) + ___bpf_places(t2)), ___bpf_by_value(t4, ___bpf_places(t1) + ___bpf_places(t2) + ___bpf_places(t3)), ___bpf_by_value(t5, ___bpf_places(t1) + ___bpf_places(t2) + ___bpf_places(t3) + ___bpf_places(t4)), ___bpf_by_value(t6, ___bpf_places(t1) + ___bpf_places(t2) + ___bpf_places(t3) + ___bpf_places(t4) + ___bpf_places(t5)), ___bpf_by_value(t7, ___bpf_places(t1) + ___bpf_places(t2) + ___bpf_places(t3) + ___bpf_places(t4) + ___bpf_places(t5) + ___bpf_places(t6)), ___bpf_by_value(t8, ___bpf_places(t1) + ___bpf_places(t2) + ___bpf_places(t3) + ___bpf_places(t4) + ___bpf_places(t5) + ___bpf_places(t6) + ___bpf_places(t7)), ___bpf_by_value(t9, ___bpf_places(t1) + ___bpf_places(t2) + ___bpf_places(t3) + ___bpf_places(t4) + ___bpf_places(t5) + ___bpf_places(t6) + ___bpf_places(t7) + ___bpf_places(t8)), ___bpf_by_value(t10, ___bpf_places(t1) + ___bpf_places(t2) + ___bpf_places(t3) + ___bpf_places(t4) + ___bpf_places(t5) + ___bpf_places(t6) + ___bpf_places(t7) + ___bpf_places(t8) + ___bpf_places(t9)), ___bpf_by_value(t11, ___bpf_places(t1) + ___bpf_places(t2) + ___bpf_places(t3) + ___bpf_places(t4) + ___bpf_places(t5) + ___bpf_places(t6) + ___bpf_places(t7) + ___bpf_places(t8) + ___bpf_places(t9) + ___bpf_places(t10))
#define ___bpf_declare12(t1, a1, t2, a2, t3, a3, t4, a4, t5, a5, t6, a6, t7, a7, t8, a8, t9, a9, t10, a10, t11, a11, t12, a12) , t1 a1, t2 a2, t3 a3, t4 a4, t5 a5, t6 a6, t7 a7, t8 a8, t9 a9, t10 a10, t11 a11, t12 a12
#define ___bpf_pass12(t1, a1, t2, a2, t3, a3, t4, a4, t5, a5, t6, a6, t7, a7, t8, a8, t9, a9, t10, a10, t11, a11, t12, a12) , ___bpf_by_value(t1, 0), ___bpf_by_value(t2, ___bpf_places(t1)), ___bpf_by_value(t3, ___bpf_places(t1) + ___bpf_places(t2)), ___bpf_by_value(t4, ___bpf_places(t1) + ___bpf_places(t2) + ___bpf_places(t3)), ___bpf_by_value(t5, ___bpf_places(t1) + ___bpf_places(t2) + ___bpf_places(t3) + ___bpf_places(t4)), ___bpf_by_value(t6, ___bpf_places(t1) + ___bpf_places(t2) + ___bpf_places(t3) + ___bpf_places(t4) + ___bpf_places(t5)), ___bpf_by_value(t7, ___bpf_places(t1) + ___bpf_places(t2) + ___bpf_places(t3) + ___bpf_places(t4) + ___bpf_places(t5) + ___bpf_places(t6)), ___bpf_by_value(t8, ___bpf_places(t1) + ___bpf_places(t2) + ___bpf_places(t3) + ___bpf_places(t4) + ___bpf_places(t5) + ___bpf_places(t6) + ___bpf_places(t7)), ___bpf_by_value(t9, ___bpf_places(t1) + ___bpf_places(t2) + ___bpf_places(t3) + ___bpf_places(t4) + ___bpf_places(t5) + ___bpf_places(t6) + ___bpf_places(t7) + ___bpf_places(t8)), ___bpf_by_value(t10, ___bpf_places(t1) + ___bpf_places(t2) + ___bpf_places(t3) + ___bpf_places(t4) + ___bpf_places(t5) + ___bpf_places(t6) + ___bpf_places(t7) + ___bpf_places(t8) + ___bpf_places(t9)), ___bpf_by_value(t11, ___bpf_places(t1) + ___bpf_places(t2) + ___bpf_places(t3) + ___bpf_places(t4) + ___bpf_places(t5) + ___bpf_places(t6) + ___bpf_places(t7) + ___bpf_places(t8) + ___bpf_places(t9) + ___bpf_places(t10)), ___bpf_by_value(t12, ___bpf_places(t1) + ___bpf_places(t2) + ___bpf_places(t3) + ___bpf_places(t4) + ___bpf_places(t5) + ___bpf_places(t6) + ___bpf_places(t7) + ___bpf_places(t8) + ___bpf_places(t9) + ___bpf_places(t10) + ___bpf_places(t11))
#define ___bpf_declare(args...) ___bpf_apply(___bpf_declare, ___bpf_pairs(args))(args)
#define ___bpf_pass(args...) ___bpf_apply(___bpf_pass, ___bpf_pairs(args))(args)
#define BPF_PROG2(name, args...) \
	name(unsigned long long *ctx); \
	static __always_inline typeof(name(0)) ____##name(unsigned long long *ctx ___bpf_declare(args)); \
	typeof(name(0)) name(unsigned long long *ctx) \
	{ \
		return ____##name(ctx ___bpf_pass(args)); \
	} \
	static __always_inline typeof(name(0)) ____##name(unsigned long long *ctx ___bpf_declare(args))

/* kprobe, uprobe: arguments of the function, from their registers. */
#define ___bpf_kprobe0() ctx
#define ___bpf_kprobe1(a1) ctx, (void *)PT_REGS_PARM1(ctx)
#define ___bpf_kprobe2(a1, a2) ctx, (void *)PT_REGS_PARM1(ctx), (void *)PT_REGS_PARM2(ctx)
#define ___bpf_kprobe3(a1, a2, a3) ctx, (void *)PT_REGS_PARM1(ctx), (void *)PT_REGS_PARM2(ctx), (void *)PT_REGS_PARM3(ctx)
#define ___bpf_kprobe4(a1, a2, a3, a4) ctx, (void *)PT_REGS_PARM1(ctx), (void *)PT_REGS_PARM2(ctx), (void *)PT_REGS_PARM3(ctx), (void *)PT_REGS_PARM4(ctx)
#define ___bpf_kprobe5(a1, a2, a3, a4, a5) ctx, (void *)PT_REGS_PARM1(ctx), (void *)PT_REGS_PARM2(ctx), (void *)PT_REGS_PARM3(ctx), (void *)PT_REGS_PARM4(ctx), (void *)PT_REGS_PARM5(ctx)
#define ___bpf_kprobe6(a1, a2, a3, a4, a5, a6) ctx, (void *)PT_REGS_PARM1(ctx), (void *)PT_REGS_PARM2(ctx), (void *)PT_REGS_PARM3(ctx), (void *)PT_REGS_PARM4(ctx), (void *)PT_REGS_PARM5(ctx), (void *)PT_REGS_PARM6(ctx)
#define ___bpf_kprobe7(a1, a2, a3, a4, a5, a6, a7) ctx, (void *)PT_REGS_PARM1(ctx), (void *)PT_REGS_PARM2(ctx), (void *)PT_REGS_PARM3(ctx), (void *)PT_REGS_PARM4(ctx), (void *)PT_REGS_PARM5(ctx), (void *)PT_REGS_PARM6(ctx), (void *)PT_REGS_PARM7(ctx)
#define ___bpf_kprobe8(a1, a2, a3, a4, a5, a6, a7, a8) ctx, (void *)PT_REGS_PARM1(ctx), (void *)PT_REGS_PARM2(ctx), (void *)PT_REGS_PARM3(ctx), (void *)PT_REGS_PARM4(ctx), (void *)PT_REGS_PARM5(ctx), (void *)PT_REGS_PARM6(ctx), (void *)PT_REGS_PARM7(ctx), (void *)PT_REGS_PARM8(ctx)
#define ___bpf_kprobe(args...) ___bpf_apply(___bpf_kprobe, ___bpf_narg(args))(args)
#define BPF_KPROBE(name, args...) ___bpf_wrapper(name, struct pt_regs, ___bpf_kprobe(args), ##args)
#define BPF_UPROBE(name, args...) BPF_KPROBE(name, ##args)

/* kretprobe, uretprobe: at most one argument, which is the result. */
#define ___bpf_kretprobe0() ctx
#define ___bpf_kretprobe1(a1) ctx, (void *)PT_REGS_RC(ctx)
#define ___bpf_kretprobe(args...) ___bpf_apply(___bpf_kretprobe, ___bpf_narg(args))(args)
#define BPF_KRETPROBE(name, args...) ___bpf_wrapper(name, struct pt_regs, ___bpf_kretprobe(args), ##args)
#define BPF_URETPROBE(name, args...) BPF_KRETPROBE(name, ##args)

/*
 * ksyscall, and kprobes on the function of a system call: its arguments. Whether the kernel wraps system calls is known when the program is
 * loaded, from its configuration.
 */
#define ___bpf_wrapped1(a1) ctx, (void *)PT_REGS_PARM1_CORE_SYSCALL(___regs)
#define ___bpf_unwrapped1(a1) ctx, (void *)PT_REGS_PARM1_SYSCALL(ctx)
#define ___bpf_wrapped2(a1, a2) ctx, (void *)PT_REGS_PARM1_CORE_SYSCALL(___regs), (void *)PT_REGS_PARM2_CORE_SYSCALL(___regs)
#define ___bpf_unwrapped2(a1, a2) ctx, (void *)PT_REGS_PARM1_SYSCALL(ctx), (void *)PT_REGS_PARM2_SYSCALL(ctx)
#define ___bpf_wrapped3(a1, a2, a3) ctx, (void *)PT_REGS_PARM1_CORE_SYSCALL(___regs), (void *)PT_REGS_PARM2_CORE_SYSCALL(___regs), (void *)PT_REGS_PARM3_CORE_SYSCALL(___regs)
#define ___bpf_unwrapped3(a1, a2, a3) ctx, (void *)PT_REGS_PARM1_SYSCALL(ctx), (void *)PT_REGS_PARM2_SYSCALL(ctx), (void *)PT_REGS_PARM3_SYSCALL(ctx)
#define ___bpf_wrapped4(a1, a2, a3, a4) ctx, (void *)PT_REGS_PARM1_CORE_SYSCALL(___regs), (void *)PT_REGS_PARM2_CORE_SYSCALL(___regs), (void *)PT_REGS_PARM3_CORE_SYSCALL(___regs), (void *)PT_REGS_PARM4_CORE_SYSCALL(___regs)
#define ___bpf_unwrapped4(a1, a2, a3, a4) ctx, (void *)PT_REGS_PARM1_SYSCALL(ctx), (void *)PT_REGS_PARM2_SYSCALL(ctx), (void *)PT_REGS_PARM3_SYSCALL(ctx), (void *)PT_REGS_PARM4_SYSCALL(ctx)
#define ___bpf_wrapped5(a1, a2, a3, a4, a5) ctx, (void *)PT_REGS_PARM1_CORE_SYSCALL(___regs), (void *)PT_REGS_PARM2_CORE_SYSCALL(___regs), (void *)PT_REGS_PARM3_CORE_SYSCALL(___regs), (void *)PT_REGS_PARM4_CORE_SYSCALL(___regs), (void *)PT_REGS_PARM5_CORE_SYSCALL(___regs)
#define ___bpf_unwrapped5(a1, a2, a3, a4, a5) ctx, (void *)PT_REGS_PARM1_SYSCALL(ctx), (void *)PT_REGS_PARM2_SYSCALL(ctx), (void *)PT_REGS_PARM3_SYSCALL(ctx), (void *)PT_REGS_PARM4_SYSCALL(ctx), (void *)PT_REGS_PARM5_SYSCALL(ctx)
#define ___bpf_wrapped6(a1, a2, a3, a4, a5, a6) ctx, (void *)PT_REGS_PARM1_CORE_SYSCALL(___regs), (void *)PT_REGS_PARM2_CORE_SYSCALL(___regs), (void *)PT_REGS_PARM3_CORE_SYSCALL(___regs), (void *)PT_REGS_PARM4_CORE_SYSCALL(___regs), (void *)PT_REGS_PARM5_CORE_SYSCALL(___regs), (void *)PT_REGS_PARM6_CORE_SYSCALL(___regs)
#define ___bpf_unwrapped6(a1, a2, a3, a4, a5, a6) ctx, (void *)PT_REGS_PARM1_SYSCALL(ctx), (void *)PT_REGS_PARM2_SYSCALL(ctx), (void *)PT_REGS_PARM3_SYSCALL(ctx), (void *)PT_REGS_PARM4_SYSCALL(ctx), (void *)PT_REGS_PARM5_SYSCALL(ctx), (void *)PT_REGS_PARM6_SYSCALL(ctx)
#define ___bpf_wrapped0() ctx
#define ___bpf_unwrapped0() ctx
#define ___bpf_wrapped(args...) ___bpf_apply(___bpf_wrapped, ___bpf_narg(args))(args)
#define ___bpf_unwrapped(args...) ___bpf_apply(___bpf_unwrapped, ___bpf_narg(args))(args)
#define BPF_KSYSCALL(name, args...) \
	name(struct pt_regs *ctx); \
	extern _Bool LINUX_HAS_SYSCALL_WRAPPER __kconfig; \
	static __always_inline typeof(name(0)) ____##name(struct pt_regs *ctx, ##args); \
	typeof(name(0)) name(struct pt_regs *ctx) \
	{ \
		struct pt_regs *___regs __attribute__((unused)) = LINUX_HAS_SYSCALL_WRAPPER ? PT_REGS_SYSCALL_REGS(ctx) : ctx; \
		___bpf_ignore_conversions \
		if (LINUX_HAS_SYSCALL_WRAPPER) \
			return ____##name(___bpf_wrapped(args)); \
		return ____##name(___bpf_unwrapped(args)); \
		___bpf_heed_conversions \
	} \
	static __always_inline typeof(name(0)) ____##name(struct pt_regs *ctx, ##args)
#define BPF_KPROBE_SYSCALL BPF_KSYSCALL

#endif /* __BPF_TRACING_H__ */

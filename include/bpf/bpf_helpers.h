/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What programs in C are written with: sections, map declarations, helpers. Skep's own text of the interface that libbpf's header of this
 * name has, so that sources written for it compile. It needs no other header: vmlinux.h or <linux/bpf.h> may come before, after, or never.
 */
#ifndef __BPF_HELPERS__
#define __BPF_HELPERS__

#include <bpf/bpf_helper_defs.h>

/* ── where things go ── */

/* A program's hook, `.maps`, `license`: which section of the object. On a declaration `used` has no effect, and that is no fault. */
#define SEC(name) \
	_Pragma("GCC diagnostic push") \
	_Pragma("GCC diagnostic ignored \"-Wignored-attributes\"") \
	__attribute__((section(name), used)) \
	_Pragma("GCC diagnostic pop")

/* Kernel functions and variables; the kernel's configuration. */
#define __ksym __attribute__((section(".ksyms")))
#define __kconfig __attribute__((section(".kconfig")))

/* ── members of a map's declaration: numbers and types, kept as types ── */

#define __uint(name, val) int (*name)[val]
#define __type(name, val) typeof(val) *name
#define __array(name, val) typeof(val) *name[]
/* For numbers that do not fit an array's length, such as the address of an arena. */
#define __ulong(name, val) enum { ___bpf_concat(__unique_value, __COUNTER__) = (val) } name

/* ── functions and variables ── */

#undef __always_inline
#define __always_inline inline __attribute__((always_inline))
#ifndef __noinline
#define __noinline __attribute__((noinline))
#endif
#ifndef __weak
#define __weak __attribute__((weak))
#endif
/* Seen by other objects that are linked with this one, but verified as if static. */
#define __hidden __attribute__((visibility("hidden")))

/* ── what the kernel's verifier learns from types (clang 14 and later; 12 to 13 have no such attribute) ── */

#if __has_attribute(btf_type_tag)
#define __kptr __attribute__((btf_type_tag("kptr")))
#define __kptr_untrusted __attribute__((btf_type_tag("kptr_untrusted")))
#define __percpu_kptr __attribute__((btf_type_tag("percpu_kptr")))
#define __uptr __attribute__((btf_type_tag("uptr")))
#else
#define __kptr
#define __kptr_untrusted
#define __percpu_kptr
#define __uptr
#endif

/* Arguments of global functions. */
#if __has_attribute(btf_decl_tag)
#define __arg_ctx __attribute__((btf_decl_tag("arg:ctx")))
#define __arg_nonnull __attribute__((btf_decl_tag("arg:nonnull")))
#define __arg_nullable __attribute__((btf_decl_tag("arg:nullable")))
#define __arg_trusted __attribute__((btf_decl_tag("arg:trusted")))
#define __arg_untrusted __attribute__((btf_decl_tag("arg:untrusted")))
#define __arg_arena __attribute__((btf_decl_tag("arg:arena")))
#else
#define __arg_ctx
#define __arg_nonnull
#define __arg_nullable
#define __arg_trusted
#define __arg_untrusted
#define __arg_arena
#endif

/* ── small things that C programs expect ── */

#ifndef NULL
#define NULL ((void *)0)
#endif

#ifndef KERNEL_VERSION
#define KERNEL_VERSION(a, b, c) (((a) << 16) + ((b) << 8) + ((c) > 255 ? 255 : (c)))
#endif

#ifndef offsetof
#define offsetof(type, member) __builtin_offsetof(type, member)
#endif

#undef container_of
#define container_of(pointer, type, member) ((type *)((char *)(pointer) - offsetof(type, member)))

/* Nothing is moved across it; what is in memory is read again after it. */
#ifndef barrier
#define barrier() asm volatile("" ::: "memory")
#endif

/* The compiler forgets what it knows of a variable: so a bound that it took for proven is compared where the verifier sees it. */
#ifndef barrier_var
#define barrier_var(var) asm volatile("" : "+r"(var))
#endif

/* Code that would be reached only by a fault of the program: linking or loading fails when it is. */
#ifndef __bpf_unreachable
#define __bpf_unreachable() __builtin_trap()
#endif

/* Whether the kernel has a function or variable that is declared `__ksym __weak`. */
#define bpf_ksym_exists(sym) \
	({ \
		_Static_assert(!__builtin_constant_p(!!(sym)), #sym " must be declared __weak"); \
		!!(sym); \
	})

enum libbpf_pin_type {
	LIBBPF_PIN_NONE,
	/* In the bpf file system, under the map's name. */
	LIBBPF_PIN_BY_NAME,
};

/* A `CONFIG_…` that may be a module. */
enum libbpf_tristate {
	TRI_NO = 0,
	TRI_YES = 1,
	TRI_MODULE = 2,
};

/* The older way to declare a map: `struct bpf_map_def name SEC("maps")`. */
struct bpf_map_def {
	unsigned int type;
	unsigned int key_size;
	unsigned int value_size;
	unsigned int max_entries;
	unsigned int map_flags;
};

#define ___bpf_concat(a, b) ___bpf_paste(a, b)
#define ___bpf_paste(a, b) a##b

/* ── counting arguments: none to twelve ── */

#ifndef ___bpf_apply
#define ___bpf_apply(macro, count) ___bpf_concat(macro, count)
#endif
#ifndef ___bpf_nth
#define ___bpf_nth(_0, _1, _2, _3, _4, _5, _6, _7, _8, _9, _10, _11, _12, n, ...) n
#endif
#ifndef ___bpf_narg
#define ___bpf_narg(...) ___bpf_nth(_, ##__VA_ARGS__, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)
#endif

/* ── tail calls ── */

/*
 * A tail call whose map and index are constants, in this very instruction sequence: so that the kernel makes a jump of it. Without it the
 * compiler may join two calls into one whose index varies.
 */
#if __clang_major__ >= 8 && defined(__bpf__)
static __always_inline void bpf_tail_call_static(void *ctx, const void *map, const __u32 slot)
{
	if (!__builtin_constant_p(slot))
		__bpf_unreachable();
	asm volatile("r1 = %[ctx]\n\t"
		     "r2 = %[map]\n\t"
		     "r3 = %[slot]\n\t"
		     "call 12"
		     :
		     : [ctx] "r"(ctx), [map] "r"(map), [slot] "i"(slot)
		     : "r0", "r1", "r2", "r3", "r4", "r5");
}
#endif

/* ── printing ── */

/* Formats are constants in `.rodata`, or on the stack for kernels without global data (before 5.2). */
#ifdef BPF_NO_GLOBAL_DATA
#define ___bpf_format char
#else
#define ___bpf_format static const char
#endif

/* The values of a format as an array of u64. */
#define ___bpf_value(x) ((unsigned long long)(x))
#define ___bpf_values0()
#define ___bpf_values1(a) ___bpf_value(a)
#define ___bpf_values2(a, ...) ___bpf_value(a), ___bpf_values1(__VA_ARGS__)
#define ___bpf_values3(a, ...) ___bpf_value(a), ___bpf_values2(__VA_ARGS__)
#define ___bpf_values4(a, ...) ___bpf_value(a), ___bpf_values3(__VA_ARGS__)
#define ___bpf_values5(a, ...) ___bpf_value(a), ___bpf_values4(__VA_ARGS__)
#define ___bpf_values6(a, ...) ___bpf_value(a), ___bpf_values5(__VA_ARGS__)
#define ___bpf_values7(a, ...) ___bpf_value(a), ___bpf_values6(__VA_ARGS__)
#define ___bpf_values8(a, ...) ___bpf_value(a), ___bpf_values7(__VA_ARGS__)
#define ___bpf_values9(a, ...) ___bpf_value(a), ___bpf_values8(__VA_ARGS__)
#define ___bpf_values10(a, ...) ___bpf_value(a), ___bpf_values9(__VA_ARGS__)
#define ___bpf_values11(a, ...) ___bpf_value(a), ___bpf_values10(__VA_ARGS__)
#define ___bpf_values12(a, ...) ___bpf_value(a), ___bpf_values11(__VA_ARGS__)
#define ___bpf_values(...) ___bpf_apply(___bpf_values, ___bpf_narg(__VA_ARGS__))(__VA_ARGS__)

#define ___bpf_ignore_conversions \
	_Pragma("GCC diagnostic push") \
	_Pragma("GCC diagnostic ignored \"-Wint-conversion\"") \
	_Pragma("GCC diagnostic ignored \"-Wpointer-to-int-cast\"")
#define ___bpf_heed_conversions _Pragma("GCC diagnostic pop")

#define ___bpf_printk_few(fmt, args...) \
	({ \
		___bpf_format ____fmt[] = fmt; \
		bpf_trace_printk(____fmt, sizeof(____fmt), ##args); \
	})
/* More than three values need Linux 5.16. */
#define ___bpf_printk_many(fmt, args...) \
	({ \
		static const char ____fmt[] = fmt; \
		___bpf_ignore_conversions \
		unsigned long long ____values[] = { ___bpf_values(args) }; \
		___bpf_heed_conversions \
		bpf_trace_vprintk(____fmt, sizeof(____fmt), ____values, sizeof(____values)); \
	})
#define ___bpf_printk0 ___bpf_printk_few
#define ___bpf_printk1 ___bpf_printk_few
#define ___bpf_printk2 ___bpf_printk_few
#define ___bpf_printk3 ___bpf_printk_few
#define ___bpf_printk4 ___bpf_printk_many
#define ___bpf_printk5 ___bpf_printk_many
#define ___bpf_printk6 ___bpf_printk_many
#define ___bpf_printk7 ___bpf_printk_many
#define ___bpf_printk8 ___bpf_printk_many
#define ___bpf_printk9 ___bpf_printk_many
#define ___bpf_printk10 ___bpf_printk_many
#define ___bpf_printk11 ___bpf_printk_many
#define ___bpf_printk12 ___bpf_printk_many

/* A line for /sys/kernel/tracing/trace_pipe. */
#define bpf_printk(fmt, args...) ___bpf_apply(___bpf_printk, ___bpf_narg(args))(fmt, ##args)

/* A line into the output of an iterator program. */
#define BPF_SEQ_PRINTF(seq, fmt, args...) \
	({ \
		static const char ____fmt[] = fmt; \
		___bpf_ignore_conversions \
		unsigned long long ____values[] = { ___bpf_values(args) }; \
		___bpf_heed_conversions \
		bpf_seq_printf(seq, ____fmt, sizeof(____fmt), ____values, sizeof(____values)); \
	})

/* Text into memory of the program's own. */
#define BPF_SNPRINTF(out, out_size, fmt, args...) \
	({ \
		static const char ____fmt[] = fmt; \
		___bpf_ignore_conversions \
		unsigned long long ____values[] = { ___bpf_values(args) }; \
		___bpf_heed_conversions \
		bpf_snprintf(out, out_size, ____fmt, ____values, sizeof(____values)); \
	})

/* ── loops that the verifier takes without walking every turn (Linux 6.4) ── */

struct bpf_iter_num;

extern int bpf_iter_num_new(struct bpf_iter_num *it, int start, int end) __weak __ksym;
extern int *bpf_iter_num_next(struct bpf_iter_num *it) __weak __ksym;
extern void bpf_iter_num_destroy(struct bpf_iter_num *it) __weak __ksym;

/* For each element of an iterator of the kernel: `bpf_for_each(task, t, NULL, BPF_TASK_ITER_ALL_PROCS)`. Needs vmlinux.h or <linux/bpf.h>. */
#ifndef bpf_for_each
#define bpf_for_each(kind, element, args...) \
	for (struct bpf_iter_##kind ___bpf_concat(___it, __LINE__) \
		     __attribute__((aligned(8), cleanup(bpf_iter_##kind##_destroy))), \
	     *___bpf_concat(___p, __LINE__) __attribute__((unused)) = \
		     (bpf_iter_##kind##_new(&___bpf_concat(___it, __LINE__), ##args), \
		      /* named, so that its type is in the BTF of the object */ \
		      (void)bpf_iter_##kind##_destroy, (void *)0); \
	     (((element) = bpf_iter_##kind##_next(&___bpf_concat(___it, __LINE__))));)
#endif

/* For i from start to end - 1. */
#ifndef bpf_for
#define bpf_for(i, start, end) \
	for (struct bpf_iter_num ___bpf_concat(___it, __LINE__) \
		     __attribute__((aligned(8), cleanup(bpf_iter_num_destroy))), \
	     *___bpf_concat(___p, __LINE__) __attribute__((unused)) = \
		     (bpf_iter_num_new(&___bpf_concat(___it, __LINE__), (start), (end)), \
		      (void)bpf_iter_num_destroy, (void *)0); \
	     ({ \
		     int *___t = bpf_iter_num_next(&___bpf_concat(___it, __LINE__)); \
		     (___t && ((i) = *___t, (i) >= (start) && (i) < (end))); \
	     });)
#endif

/* A number of times. */
#ifndef bpf_repeat
#define bpf_repeat(times) \
	for (struct bpf_iter_num ___bpf_concat(___it, __LINE__) \
		     __attribute__((aligned(8), cleanup(bpf_iter_num_destroy))), \
	     *___bpf_concat(___p, __LINE__) __attribute__((unused)) = \
		     (bpf_iter_num_new(&___bpf_concat(___it, __LINE__), 0, (times)), \
		      (void)bpf_iter_num_destroy, (void *)0); \
	     bpf_iter_num_next(&___bpf_concat(___it, __LINE__));)
#endif

#endif /* __BPF_HELPERS__ */

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading kernel memory by names of fields: clang records which field was meant (CO-RE), and the loader fills in where this kernel has it.
 * Types must be declared `preserve_access_index`, as those of vmlinux.h are.
 */
#ifndef __BPF_CORE_READ_H__
#define __BPF_CORE_READ_H__

#include <bpf/bpf_helpers.h>

/* What to ask of a field, a type or an enumerator: the second arguments of clang's builtins. */
enum bpf_field_info_kind {
	BPF_FIELD_BYTE_OFFSET = 0,
	BPF_FIELD_BYTE_SIZE = 1,
	BPF_FIELD_EXISTS = 2,
	BPF_FIELD_SIGNED = 3,
	BPF_FIELD_LSHIFT_U64 = 4,
	BPF_FIELD_RSHIFT_U64 = 5,
};

enum bpf_type_id_kind {
	BPF_TYPE_ID_LOCAL = 0,
	BPF_TYPE_ID_TARGET = 1,
};

enum bpf_type_info_kind {
	BPF_TYPE_EXISTS = 0,
	BPF_TYPE_SIZE = 1,
	BPF_TYPE_MATCHES = 2,
};

enum bpf_enum_value_kind {
	BPF_ENUMVAL_EXISTS = 0,
	BPF_ENUMVAL_VALUE = 1,
};

/* ── questions about the kernel's types ── */

/* A field is named by a pointer, `p->field`, or by its type, `struct t, field`. */
#define ___bpf_field1(field) (field)
#define ___bpf_field2(type, field) (((typeof(type) *)0)->field)
#define ___bpf_field(field...) ___bpf_apply(___bpf_field, ___bpf_narg(field))(field)

#define bpf_core_field_exists(field...) __builtin_preserve_field_info(___bpf_field(field), BPF_FIELD_EXISTS)
#define bpf_core_field_size(field...) __builtin_preserve_field_info(___bpf_field(field), BPF_FIELD_BYTE_SIZE)
#define bpf_core_field_offset(field...) __builtin_preserve_field_info(___bpf_field(field), BPF_FIELD_BYTE_OFFSET)

#define bpf_core_type_id_local(type) __builtin_btf_type_id(*(typeof(type) *)0, BPF_TYPE_ID_LOCAL)
#define bpf_core_type_id_kernel(type) __builtin_btf_type_id(*(typeof(type) *)0, BPF_TYPE_ID_TARGET)
#define bpf_core_type_exists(type) __builtin_preserve_type_info(*(typeof(type) *)0, BPF_TYPE_EXISTS)
/* Needs clang 15. */
#define bpf_core_type_matches(type) __builtin_preserve_type_info(*(typeof(type) *)0, BPF_TYPE_MATCHES)
#define bpf_core_type_size(type) __builtin_preserve_type_info(*(typeof(type) *)0, BPF_TYPE_SIZE)

#define bpf_core_enum_value_exists(enum_type, enum_value) \
	__builtin_preserve_enum_value(*(typeof(enum_type) *)enum_value, BPF_ENUMVAL_EXISTS)
#define bpf_core_enum_value(enum_type, enum_value) \
	__builtin_preserve_enum_value(*(typeof(enum_type) *)enum_value, BPF_ENUMVAL_VALUE)

/* ── one read ── */

#define bpf_core_read(dst, sz, src) bpf_probe_read_kernel(dst, sz, (const void *)__builtin_preserve_access_index(src))
#define bpf_core_read_user(dst, sz, src) bpf_probe_read_user(dst, sz, (const void *)__builtin_preserve_access_index(src))
/* Text: at most sz bytes, with an end. Gives its length with the end, or a negative error. */
#define bpf_core_read_str(dst, sz, src) bpf_probe_read_kernel_str(dst, sz, (const void *)__builtin_preserve_access_index(src))
#define bpf_core_read_user_str(dst, sz, src) bpf_probe_read_user_str(dst, sz, (const void *)__builtin_preserve_access_index(src))

/* A pointer of which only the number is known, as one that the verifier lets be read directly (Linux 6.2). */
extern void *bpf_rdonly_cast(const void *obj__ign, __u32 btf_id__k) __ksym __weak;
#define bpf_core_cast(ptr, type) ((typeof(type) *)bpf_rdonly_cast((ptr), bpf_core_type_id_kernel(type)))

/* ── bit-fields: from the bytes that hold them, shifted to where they belong ── */

#define ___bpf_field_info(src, field, info) __builtin_preserve_field_info((src)->field, BPF_FIELD_##info)

#define ___bpf_shift_down(value, src, field) \
	({ \
		(value) <<= ___bpf_field_info(src, field, LSHIFT_U64); \
		if (___bpf_field_info(src, field, SIGNED)) \
			(value) = (unsigned long long)((long long)(value) >> ___bpf_field_info(src, field, RSHIFT_U64)); \
		else \
			(value) >>= ___bpf_field_info(src, field, RSHIFT_U64); \
		(value); \
	})

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define ___bpf_bytes_at(value, size) ((void *)&(value))
#else
#define ___bpf_bytes_at(value, size) ((void *)&(value) + (8 - (size)))
#endif

/* Where the kernel's memory has to be read by a helper. */
#define BPF_CORE_READ_BITFIELD_PROBED(s, field) \
	({ \
		unsigned long long ___value = 0; \
		bpf_probe_read_kernel(___bpf_bytes_at(___value, ___bpf_field_info(s, field, BYTE_SIZE)), \
				      ___bpf_field_info(s, field, BYTE_SIZE), \
				      (const void *)(s) + ___bpf_field_info(s, field, BYTE_OFFSET)); \
		___bpf_shift_down(___value, s, field); \
	})

/* Where the verifier knows the pointer, so that it may be read directly. */
#define BPF_CORE_READ_BITFIELD(s, field) \
	({ \
		const void *___place = (const void *)(s) + ___bpf_field_info(s, field, BYTE_OFFSET); \
		unsigned long long ___value = 0; \
		/* one pointer, not one an access: the relocated offset stays out of the loads */ \
		barrier_var(___place); \
		switch (___bpf_field_info(s, field, BYTE_SIZE)) { \
		case 1: \
			___value = *(const unsigned char *)___place; \
			break; \
		case 2: \
			___value = *(const unsigned short *)___place; \
			break; \
		case 4: \
			___value = *(const unsigned int *)___place; \
			break; \
		case 8: \
			___value = *(const unsigned long long *)___place; \
			break; \
		} \
		___bpf_shift_down(___value, s, field); \
	})

#define BPF_CORE_WRITE_BITFIELD(s, field, new_value) \
	({ \
		void *___place = (void *)(s) + ___bpf_field_info(s, field, BYTE_OFFSET); \
		unsigned int ___size = ___bpf_field_info(s, field, BYTE_SIZE); \
		unsigned int ___left = ___bpf_field_info(s, field, LSHIFT_U64); \
		unsigned int ___right = ___bpf_field_info(s, field, RSHIFT_U64); \
		unsigned long long ___mask = (~0ULL << ___right) >> ___left; \
		unsigned long long ___bits = ((unsigned long long)(new_value) << ___right) >> ___left; \
		unsigned long long ___value = 0; \
		barrier_var(___place); \
		switch (___size) { \
		case 1: \
			*(unsigned char *)___place = (___value = *(unsigned char *)___place, (___value & ~___mask) | ___bits); \
			break; \
		case 2: \
			*(unsigned short *)___place = (___value = *(unsigned short *)___place, (___value & ~___mask) | ___bits); \
			break; \
		case 4: \
			*(unsigned int *)___place = (___value = *(unsigned int *)___place, (___value & ~___mask) | ___bits); \
			break; \
		case 8: \
			*(unsigned long long *)___place = (___value = *(unsigned long long *)___place, (___value & ~___mask) | ___bits); \
			break; \
		} \
	})

/* ── chains of pointers: src->a->b->c, a read for each arrow ── */

/*
 * `step` follows a pointer, `last` reads what is asked for. `out` is where it goes; the value is that of the last read. `___p` is what the
 * pointer before it led to.
 */
#define ___bpf_read1(last, step, out, src, a1) \
	last(out, sizeof(*(out)), &(src)->a1);
#define ___bpf_read2(last, step, out, src, a1, a2) \
	step(&___p, sizeof(___p), &(src)->a1); \
	last(out, sizeof(*(out)), &((typeof((src)->a1))(___p))->a2);
#define ___bpf_read3(last, step, out, src, a1, a2, a3) \
	step(&___p, sizeof(___p), &(src)->a1); \
	step(&___p, sizeof(___p), &((typeof((src)->a1))(___p))->a2); \
	last(out, sizeof(*(out)), &((typeof((src)->a1->a2))(___p))->a3);
#define ___bpf_read4(last, step, out, src, a1, a2, a3, a4) \
	step(&___p, sizeof(___p), &(src)->a1); \
	step(&___p, sizeof(___p), &((typeof((src)->a1))(___p))->a2); \
	step(&___p, sizeof(___p), &((typeof((src)->a1->a2))(___p))->a3); \
	last(out, sizeof(*(out)), &((typeof((src)->a1->a2->a3))(___p))->a4);
#define ___bpf_read5(last, step, out, src, a1, a2, a3, a4, a5) \
	step(&___p, sizeof(___p), &(src)->a1); \
	step(&___p, sizeof(___p), &((typeof((src)->a1))(___p))->a2); \
	step(&___p, sizeof(___p), &((typeof((src)->a1->a2))(___p))->a3); \
	step(&___p, sizeof(___p), &((typeof((src)->a1->a2->a3))(___p))->a4); \
	last(out, sizeof(*(out)), &((typeof((src)->a1->a2->a3->a4))(___p))->a5);
#define ___bpf_read6(last, step, out, src, a1, a2, a3, a4, a5, a6) \
	step(&___p, sizeof(___p), &(src)->a1); \
	step(&___p, sizeof(___p), &((typeof((src)->a1))(___p))->a2); \
	step(&___p, sizeof(___p), &((typeof((src)->a1->a2))(___p))->a3); \
	step(&___p, sizeof(___p), &((typeof((src)->a1->a2->a3))(___p))->a4); \
	step(&___p, sizeof(___p), &((typeof((src)->a1->a2->a3->a4))(___p))->a5); \
	last(out, sizeof(*(out)), &((typeof((src)->a1->a2->a3->a4->a5))(___p))->a6);
#define ___bpf_read7(last, step, out, src, a1, a2, a3, a4, a5, a6, a7) \
	step(&___p, sizeof(___p), &(src)->a1); \
	step(&___p, sizeof(___p), &((typeof((src)->a1))(___p))->a2); \
	step(&___p, sizeof(___p), &((typeof((src)->a1->a2))(___p))->a3); \
	step(&___p, sizeof(___p), &((typeof((src)->a1->a2->a3))(___p))->a4); \
	step(&___p, sizeof(___p), &((typeof((src)->a1->a2->a3->a4))(___p))->a5); \
	step(&___p, sizeof(___p), &((typeof((src)->a1->a2->a3->a4->a5))(___p))->a6); \
	last(out, sizeof(*(out)), &((typeof((src)->a1->a2->a3->a4->a5->a6))(___p))->a7);
#define ___bpf_read8(last, step, out, src, a1, a2, a3, a4, a5, a6, a7, a8) \
	step(&___p, sizeof(___p), &(src)->a1); \
	step(&___p, sizeof(___p), &((typeof((src)->a1))(___p))->a2); \
	step(&___p, sizeof(___p), &((typeof((src)->a1->a2))(___p))->a3); \
	step(&___p, sizeof(___p), &((typeof((src)->a1->a2->a3))(___p))->a4); \
	step(&___p, sizeof(___p), &((typeof((src)->a1->a2->a3->a4))(___p))->a5); \
	step(&___p, sizeof(___p), &((typeof((src)->a1->a2->a3->a4->a5))(___p))->a6); \
	step(&___p, sizeof(___p), &((typeof((src)->a1->a2->a3->a4->a5->a6))(___p))->a7); \
	last(out, sizeof(*(out)), &((typeof((src)->a1->a2->a3->a4->a5->a6->a7))(___p))->a8);
#define ___bpf_read9(last, step, out, src, a1, a2, a3, a4, a5, a6, a7, a8, a9) \
	step(&___p, sizeof(___p), &(src)->a1); \
	step(&___p, sizeof(___p), &((typeof((src)->a1))(___p))->a2); \
	step(&___p, sizeof(___p), &((typeof((src)->a1->a2))(___p))->a3); \
	step(&___p, sizeof(___p), &((typeof((src)->a1->a2->a3))(___p))->a4); \
	step(&___p, sizeof(___p), &((typeof((src)->a1->a2->a3->a4))(___p))->a5); \
	step(&___p, sizeof(___p), &((typeof((src)->a1->a2->a3->a4->a5))(___p))->a6); \
	step(&___p, sizeof(___p), &((typeof((src)->a1->a2->a3->a4->a5->a6))(___p))->a7); \
	step(&___p, sizeof(___p), &((typeof((src)->a1->a2->a3->a4->a5->a6->a7))(___p))->a8); \
	last(out, sizeof(*(out)), &((typeof((src)->a1->a2->a3->a4->a5->a6->a7->a8))(___p))->a9);
#define ___bpf_read10(last, step, out, src, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10) \
	step(&___p, sizeof(___p), &(src)->a1); \
	step(&___p, sizeof(___p), &((typeof((src)->a1))(___p))->a2); \
	step(&___p, sizeof(___p), &((typeof((src)->a1->a2))(___p))->a3); \
	step(&___p, sizeof(___p), &((typeof((src)->a1->a2->a3))(___p))->a4); \
	step(&___p, sizeof(___p), &((typeof((src)->a1->a2->a3->a4))(___p))->a5); \
	step(&___p, sizeof(___p), &((typeof((src)->a1->a2->a3->a4->a5))(___p))->a6); \
	step(&___p, sizeof(___p), &((typeof((src)->a1->a2->a3->a4->a5->a6))(___p))->a7); \
	step(&___p, sizeof(___p), &((typeof((src)->a1->a2->a3->a4->a5->a6->a7))(___p))->a8); \
	step(&___p, sizeof(___p), &((typeof((src)->a1->a2->a3->a4->a5->a6->a7->a8))(___p))->a9); \
	last(out, sizeof(*(out)), &((typeof((src)->a1->a2->a3->a4->a5->a6->a7->a8->a9))(___p))->a10);
#define ___bpf_read(last, step, out, src, fields...) \
	({ \
		const void *___p __attribute__((unused)); \
		___bpf_apply(___bpf_read, ___bpf_narg(fields))(last, step, out, src, fields) \
	})

#define ___bpf_path1(src, a1) (src)->a1
#define ___bpf_path2(src, a1, a2) (src)->a1->a2
#define ___bpf_path3(src, a1, a2, a3) (src)->a1->a2->a3
#define ___bpf_path4(src, a1, a2, a3, a4) (src)->a1->a2->a3->a4
#define ___bpf_path5(src, a1, a2, a3, a4, a5) (src)->a1->a2->a3->a4->a5
#define ___bpf_path6(src, a1, a2, a3, a4, a5, a6) (src)->a1->a2->a3->a4->a5->a6
#define ___bpf_path7(src, a1, a2, a3, a4, a5, a6, a7) (src)->a1->a2->a3->a4->a5->a6->a7
#define ___bpf_path8(src, a1, a2, a3, a4, a5, a6, a7, a8) (src)->a1->a2->a3->a4->a5->a6->a7->a8
#define ___bpf_path9(src, a1, a2, a3, a4, a5, a6, a7, a8, a9) (src)->a1->a2->a3->a4->a5->a6->a7->a8->a9
#define ___bpf_path10(src, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10) (src)->a1->a2->a3->a4->a5->a6->a7->a8->a9->a10
#define ___bpf_path(src, fields...) ___bpf_apply(___bpf_path, ___bpf_narg(fields))(src, fields)

/* Reads without CO-RE: where fields lie is what the source says. */
#define ___bpf_plain(dst, sz, src) bpf_probe_read_kernel(dst, sz, (const void *)(src))
#define ___bpf_plain_user(dst, sz, src) bpf_probe_read_user(dst, sz, (const void *)(src))
#define ___bpf_plain_str(dst, sz, src) bpf_probe_read_kernel_str(dst, sz, (const void *)(src))
#define ___bpf_plain_user_str(dst, sz, src) bpf_probe_read_user_str(dst, sz, (const void *)(src))

/* Into a variable, by its address; 0 or a negative error (of text, its length). The memory of the kernel, or of the user's process. */
#define BPF_CORE_READ_INTO(dst, src, a, ...) ___bpf_read(bpf_core_read, bpf_core_read, dst, src, a, ##__VA_ARGS__)
#define BPF_CORE_READ_USER_INTO(dst, src, a, ...) ___bpf_read(bpf_core_read_user, bpf_core_read_user, dst, src, a, ##__VA_ARGS__)
#define BPF_CORE_READ_STR_INTO(dst, src, a, ...) ___bpf_read(bpf_core_read_str, bpf_core_read, dst, src, a, ##__VA_ARGS__)
#define BPF_CORE_READ_USER_STR_INTO(dst, src, a, ...) \
	___bpf_read(bpf_core_read_user_str, bpf_core_read_user, dst, src, a, ##__VA_ARGS__)
#define BPF_PROBE_READ_INTO(dst, src, a, ...) ___bpf_read(___bpf_plain, ___bpf_plain, dst, src, a, ##__VA_ARGS__)
#define BPF_PROBE_READ_USER_INTO(dst, src, a, ...) ___bpf_read(___bpf_plain_user, ___bpf_plain_user, dst, src, a, ##__VA_ARGS__)
#define BPF_PROBE_READ_STR_INTO(dst, src, a, ...) ___bpf_read(___bpf_plain_str, ___bpf_plain, dst, src, a, ##__VA_ARGS__)
#define BPF_PROBE_READ_USER_STR_INTO(dst, src, a, ...) \
	___bpf_read(___bpf_plain_user_str, ___bpf_plain_user, dst, src, a, ##__VA_ARGS__)

/* As a value; zeroes when it cannot be read. */
#define ___bpf_value_of(into, src, a, ...) \
	({ \
		typeof(___bpf_path(src, a, ##__VA_ARGS__)) ___out; \
		into(&___out, src, a, ##__VA_ARGS__); \
		___out; \
	})
#define BPF_CORE_READ(src, a, ...) ___bpf_value_of(BPF_CORE_READ_INTO, src, a, ##__VA_ARGS__)
#define BPF_CORE_READ_USER(src, a, ...) ___bpf_value_of(BPF_CORE_READ_USER_INTO, src, a, ##__VA_ARGS__)
#define BPF_PROBE_READ(src, a, ...) ___bpf_value_of(BPF_PROBE_READ_INTO, src, a, ##__VA_ARGS__)
#define BPF_PROBE_READ_USER(src, a, ...) ___bpf_value_of(BPF_PROBE_READ_USER_INTO, src, a, ##__VA_ARGS__)

#endif /* __BPF_CORE_READ_H__ */

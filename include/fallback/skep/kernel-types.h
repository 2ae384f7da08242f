/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stands in for headers of the kernel on machines that have none: its types are those of vmlinux.h, at places that do not move (what user
 * space may know of them is the same in every kernel). Headers of the compiler (<stdbool.h>, <stddef.h>, <stdint.h>) may come before and after:
 * what they name otherwise than the kernel has another name here.
 */
#ifndef __SKEP_KERNEL_TYPES_H__
#define __SKEP_KERNEL_TYPES_H__

#ifndef BPF_NO_PRESERVE_ACCESS_INDEX
#define BPF_NO_PRESERVE_ACCESS_INDEX
#endif

#pragma push_macro("bool")
#pragma push_macro("true")
#pragma push_macro("false")
#pragma push_macro("wchar_t")
#pragma push_macro("int64_t")
#pragma push_macro("uint64_t")
#undef bool
#undef true
#undef false
#undef wchar_t
#define wchar_t ___kernel_wchar_t
#undef int64_t
#define int64_t ___kernel_int64_t
#undef uint64_t
#define uint64_t ___kernel_uint64_t
#include "vmlinux.h"
#pragma pop_macro("uint64_t")
#pragma pop_macro("int64_t")
#pragma pop_macro("wchar_t")
#pragma pop_macro("false")
#pragma pop_macro("true")
#pragma pop_macro("bool")

#endif /* __SKEP_KERNEL_TYPES_H__ */

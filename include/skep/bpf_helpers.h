/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything a program in C needs with one include. With `#include "vmlinux.h"` before it, types are the kernel's; without, those of
 * <linux/bpf.h>: contexts, map types and verdicts.
 */
#ifndef __SKEP_BPF_HELPERS_H__
#define __SKEP_BPF_HELPERS_H__

#ifndef __VMLINUX_H__
#include <linux/bpf.h>
#endif

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#endif /* __SKEP_BPF_HELPERS_H__ */

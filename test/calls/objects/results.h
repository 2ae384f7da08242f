// What the programs of this folder have in common: each runs on a packet of 128 bytes and leaves 16 numbers in it.
#pragma once
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

typedef __u8 u8;
typedef __u32 u32;
typedef __u64 u64;
typedef __s64 s64;
typedef _Bool bool;

#define RESULTS 16

/** The packet as an array of results; null (and the program ends) when it is too short. */
static __always_inline u64 *results(struct xdp_md *ctx)
{
	u64 *out = (void *)(long)ctx->data;
	return (void *)(out + RESULTS) > (void *)(long)ctx->data_end ? 0 : out;
}

char _license[] SEC("license") = "GPL";

// Dynptrs: over a map's value, a ring buffer's record, and the packet.
#include "results.h"

extern int bpf_dynptr_from_xdp(struct xdp_md *xdp, u64 flags, struct bpf_dynptr *ptr) __ksym;
extern void *bpf_dynptr_slice(const struct bpf_dynptr *p, u32 offset, void *buffer__opt, u32 buffer__szk) __ksym;
extern void *bpf_dynptr_slice_rdwr(const struct bpf_dynptr *p, u32 offset, void *buffer__opt, u32 buffer__szk) __ksym;
extern int bpf_dynptr_adjust(const struct bpf_dynptr *p, u32 start, u32 end) __ksym;
extern bool bpf_dynptr_is_null(const struct bpf_dynptr *p) __ksym;
extern bool bpf_dynptr_is_rdonly(const struct bpf_dynptr *p) __ksym;
extern u32 bpf_dynptr_size(const struct bpf_dynptr *p) __ksym;
extern int bpf_dynptr_clone(const struct bpf_dynptr *p, struct bpf_dynptr *clone__init) __ksym;
extern int bpf_dynptr_copy(struct bpf_dynptr *dst, u32 dst_off, struct bpf_dynptr *src, u32 src_off, u32 size) __ksym;
extern int bpf_dynptr_memset(struct bpf_dynptr *ptr, u32 offset, u32 size, u8 val) __ksym;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, char[64]);
} buffer SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

/** Answers are put together here: the packet is what dynptrs work on. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64[RESULTS]);
} answers SEC(".maps");

static __always_inline u64 *begin(void)
{
	u32 zero = 0;
	return bpf_map_lookup_elem(&answers, &zero);
}

static __always_inline int finish(struct xdp_md *ctx, u64 *out)
{
	u64 *to = results(ctx);
	if (!to)
		return XDP_ABORTED;
	for (int i = 0; i < RESULTS; i++)
		to[i] = out[i];
	return XDP_PASS;
}

SEC("xdp")
int local(struct xdp_md *ctx)
{
	u64 *out = begin(), value = 0x1122334455667788ULL, back = 0;
	u32 zero = 0;
	char *memory = bpf_map_lookup_elem(&buffer, &zero);
	struct bpf_dynptr ptr, other;
	if (!out || !memory)
		return XDP_ABORTED;
	out[0] = bpf_dynptr_from_mem(memory, 64, 0, &ptr);
	out[1] = bpf_dynptr_write(&ptr, 8, &value, 8, 0);
	out[2] = bpf_dynptr_read(&back, 8, &ptr, 10, 0);
	out[3] = back;
	out[4] = (u32)bpf_dynptr_write(&ptr, 60, &value, 8, 0);
	out[5] = (u32)bpf_dynptr_read(&back, 8, &ptr, 57, 0);
	out[6] = (u32)bpf_dynptr_read(&back, 8, &ptr, 8, 1);
	out[7] = bpf_dynptr_size(&ptr);
	out[8] = (u32)bpf_dynptr_adjust(&ptr, 8, 24);
	out[9] = bpf_dynptr_size(&ptr) | (u64)(u32)bpf_dynptr_adjust(&ptr, 9, 8) << 32;
	out[10] = (u32)bpf_dynptr_adjust(&ptr, 0, 40);
	u64 *direct = bpf_dynptr_data(&ptr, 0, 8);
	out[11] = direct ? *direct : 1;
	out[12] = bpf_dynptr_data(&ptr, 12, 8) == 0;
	out[13] = (u32)bpf_dynptr_clone(&ptr, &other);
	out[14] = bpf_dynptr_is_null(&other) | bpf_dynptr_is_rdonly(&other) << 1 | bpf_dynptr_size(&other) << 2;
	out[15] = (u32)bpf_dynptr_memset(&other, 4, 4, 0xab) | (u64)(u32)bpf_dynptr_memset(&other, 14, 4, 0xab) << 32;
	return finish(ctx, out);
}

SEC("xdp")
int refused(struct xdp_md *ctx)
{
	u64 *out = begin();
	u32 zero = 0;
	char *memory = bpf_map_lookup_elem(&buffer, &zero);
	struct bpf_dynptr ptr, other;
	u64 value = 5;
	if (!out || !memory)
		return XDP_ABORTED;
	out[0] = (u32)bpf_dynptr_from_mem(memory, 64, 1, &ptr);
	out[1] = bpf_dynptr_is_null(&ptr);
	out[2] = bpf_dynptr_size(&ptr);
	out[3] = (u32)bpf_dynptr_read(&value, 8, &ptr, 0, 0);
	out[4] = (u32)bpf_dynptr_write(&ptr, 0, &value, 8, 0);
	out[5] = (u32)bpf_dynptr_adjust(&ptr, 0, 0);
	out[6] = (u32)bpf_dynptr_clone(&ptr, &other);
	out[7] = bpf_dynptr_is_null(&other);
	out[8] = (u32)bpf_dynptr_memset(&ptr, 0, 1, 0);
	out[9] = bpf_dynptr_data(&ptr, 0, 1) == 0;
	return finish(ctx, out);
}

SEC("xdp")
int packet(struct xdp_md *ctx)
{
	u64 *out = begin(), value = 0x0102030405060708ULL, scratch;
	struct bpf_dynptr ptr, other;
	char room[16];
	if (!out)
		return XDP_ABORTED;
	out[0] = (u32)bpf_dynptr_from_xdp(ctx, 0, &ptr);
	out[1] = bpf_dynptr_size(&ptr);
	out[2] = (u32)bpf_dynptr_write(&ptr, 30, &value, 8, 0);
	u64 *at = bpf_dynptr_slice(&ptr, 30, room, 8);
	out[3] = at ? *at : 99;
	u32 *to = bpf_dynptr_slice_rdwr(&ptr, 32, room, 4);
	if (to)
		*to = 0xcafe;
	out[4] = (u32)bpf_dynptr_read(&scratch, 8, &ptr, 30, 0);
	out[5] = scratch;
	out[6] = bpf_dynptr_slice(&ptr, 125, room, 4) == 0;
	out[7] = bpf_dynptr_data(&ptr, 0, 8) == 0;
	out[8] = (u32)bpf_dynptr_write(&ptr, 30, &value, 8, 1);
	out[9] = (u32)bpf_dynptr_from_xdp(ctx, 1, &other);
	out[10] = bpf_dynptr_is_null(&other);
	bpf_dynptr_clone(&ptr, &other);
	bpf_dynptr_adjust(&other, 64, 128);
	out[11] = (u32)bpf_dynptr_copy(&other, 8, &ptr, 30, 8);
	out[12] = (u32)bpf_dynptr_read(&scratch, 8, &ptr, 72, 0);
	out[13] = scratch;
	out[14] = (u32)bpf_dynptr_copy(&other, 60, &ptr, 30, 8);
	out[15] = (u32)bpf_dynptr_memset(&ptr, 0, 16, 7);
	return finish(ctx, out);
}

SEC("xdp")
int record(struct xdp_md *ctx)
{
	u64 *out = begin(), value = 77, back = 0;
	struct bpf_dynptr ptr;
	if (!out)
		return XDP_ABORTED;
	out[0] = (u32)bpf_ringbuf_reserve_dynptr(&ring, 24, 0, &ptr);
	out[1] = (u32)bpf_dynptr_write(&ptr, 16, &value, 8, 0);
	out[2] = (u32)bpf_dynptr_write(&ptr, 17, &value, 8, 0);
	out[3] = (u32)bpf_dynptr_read(&back, 8, &ptr, 16, 0);
	out[4] = back;
	u64 *direct = bpf_dynptr_data(&ptr, 16, 8);
	out[5] = direct ? *direct : 1;
	bpf_ringbuf_submit_dynptr(&ptr, 0);
	out[6] = (u32)bpf_ringbuf_reserve_dynptr(&ring, 5000, 0, &ptr);
	out[7] = bpf_dynptr_size(&ptr);
	bpf_ringbuf_discard_dynptr(&ptr, 0);
	out[8] = (u32)bpf_ringbuf_reserve_dynptr(&ring, 8, 1, &ptr);
	bpf_ringbuf_discard_dynptr(&ptr, 0);
	out[9] = bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA);
	return finish(ctx, out);
}

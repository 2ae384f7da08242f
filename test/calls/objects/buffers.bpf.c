// Dynptrs over the packets of traffic control.
#include "results.h"

extern int bpf_dynptr_from_skb(struct __sk_buff *skb, u64 flags, struct bpf_dynptr *ptr) __ksym;
extern u32 bpf_dynptr_size(const struct bpf_dynptr *p) __ksym;
extern _Bool bpf_dynptr_is_rdonly(const struct bpf_dynptr *p) __ksym;

SEC("tc") int buffer(struct __sk_buff *skb)
{
	struct bpf_dynptr packet;
	u64 word = 0x1122334455667788, out[8] = {};
	out[0] = bpf_dynptr_from_skb(skb, 0, &packet);
	out[1] = bpf_dynptr_size(&packet);
	out[2] = bpf_dynptr_is_rdonly(&packet);
	out[3] = bpf_dynptr_write(&packet, 64, &word, sizeof(word), 0);
	word = 0;
	out[4] = bpf_dynptr_read(&word, 4, &packet, 66, 0);
	out[5] = word;
	out[6] = bpf_dynptr_read(&word, 8, &packet, skb->len - 7, 0);
	out[7] = bpf_dynptr_write(&packet, skb->len, &word, 1, 0);
	bpf_skb_store_bytes(skb, 0, out, sizeof(out), 0);
	return 2;
}

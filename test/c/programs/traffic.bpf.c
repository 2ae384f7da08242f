// Packets, with the headers of the system: <linux/…> instead of vmlinux.h.
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <stdbool.h>
#include <stddef.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct flow {
	__be32 source;
	__be32 destination;
	__be16 port;
	__u8 protocol;
	__u8 unused;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_PERCPU_HASH);
	__uint(max_entries, 10240);
	__type(key, struct flow);
	__type(value, __u64);
} flows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 2);
	__uint(key_size, sizeof(__u32));
	__array(values, int(struct xdp_md *));
} stages SEC(".maps");

const volatile __u16 blocked_port = 23;

static __always_inline bool parse(void *data, void *data_end, struct flow *flow)
{
	struct ethhdr *eth = data;
	struct iphdr *ip;

	if ((void *)(eth + 1) > data_end || eth->h_proto != bpf_htons(ETH_P_IP))
		return false;
	ip = (void *)(eth + 1);
	if ((void *)(ip + 1) > data_end || ip->ihl != 5)
		return false;
	flow->source = ip->saddr;
	flow->destination = ip->daddr;
	flow->protocol = ip->protocol;
	if (ip->protocol == IPPROTO_TCP) {
		struct tcphdr *tcp = (void *)(ip + 1);

		if ((void *)(tcp + 1) > data_end)
			return false;
		flow->port = tcp->dest;
	} else if (ip->protocol == IPPROTO_UDP) {
		struct udphdr *udp = (void *)(ip + 1);

		if ((void *)(udp + 1) > data_end)
			return false;
		flow->port = udp->dest;
	}
	return true;
}

static void add(const struct flow *flow)
{
	__u64 *count = bpf_map_lookup_elem(&flows, flow), one = 1;

	if (count)
		*count += 1;
	else
		bpf_map_update_elem(&flows, flow, &one, BPF_NOEXIST);
}

SEC("xdp")
int filter(struct xdp_md *ctx)
{
	struct flow flow = {};

	if (!parse((void *)(long)ctx->data, (void *)(long)ctx->data_end, &flow))
		return XDP_PASS;
	add(&flow);
	bpf_tail_call_static(ctx, &stages, 1);
	return flow.port == bpf_htons(blocked_port) ? XDP_DROP : XDP_PASS;
}

SEC("tc")
int shape(struct __sk_buff *skb)
{
	struct flow flow = {};

	if (!parse((void *)(long)skb->data, (void *)(long)skb->data_end, &flow))
		return TC_ACT_OK;
	add(&flow);
	return flow.protocol == IPPROTO_ICMP ? TC_ACT_SHOT : TC_ACT_OK;
}

SEC("cgroup/connect4")
int guard(struct bpf_sock_addr *ctx)
{
	return ctx->user_port != bpf_htons(25);
}

char _license[] SEC("license") = "GPL";

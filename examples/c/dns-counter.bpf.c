// What is asked of a name server: DNS queries over UDP, counted by name and type.
//
//   skep run examples/c/dns-counter.bpf.c --replay examples/captures/office.pcap

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define DNS_PORT 53
/* Room for a name as text: longer ones are counted under their first 64 bytes. */
#define NAME_LENGTH 64
/* No name has more bytes (RFC 1035 §3.1). */
#define LONGEST_NAME 255

struct dnshdr {
	__be16 id;
	__be16 flags;
	__be16 questions;
	__be16 answers;
	__be16 authorities;
	__be16 additional;
};

#define DNS_RESPONSE 0x8000

struct query {
	/* 1 is A, 28 is AAAA, 15 is MX … */
	__u16 type;
	/* In lower case, without the dot at the end. */
	char name[NAME_LENGTH];
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct query);
	__type(value, __u64);
} queries SEC(".maps");

SEC("xdp")
int dnsCounter(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *data_end = (void *)(long)ctx->data_end;

	struct ethhdr *eth = data;
	if ((void *)(eth + 1) > data_end)
		return XDP_PASS;

	struct udphdr *udp;
	if (eth->h_proto == bpf_htons(ETH_P_IP)) {
		struct iphdr *ip = (void *)(eth + 1);
		if ((void *)(ip + 1) > data_end || ip->protocol != IPPROTO_UDP || (ip->frag_off & bpf_htons(0x1fff)))
			return XDP_PASS;
		udp = (void *)ip + ip->ihl * 4;
	} else if (eth->h_proto == bpf_htons(ETH_P_IPV6)) {
		struct ipv6hdr *ip = (void *)(eth + 1);
		if ((void *)(ip + 1) > data_end || ip->nexthdr != IPPROTO_UDP)
			return XDP_PASS;
		udp = (void *)(ip + 1);
	} else {
		return XDP_PASS;
	}
	if ((void *)(udp + 1) > data_end || udp->dest != bpf_htons(DNS_PORT))
		return XDP_PASS;

	struct dnshdr *dns = (void *)(udp + 1);
	if ((void *)(dns + 1) > data_end || (dns->flags & bpf_htons(DNS_RESPONSE)) || dns->questions == 0)
		return XDP_PASS;

	/* Labels, each behind its length, until one that is empty; as text they have dots between them. */
	struct query query = {};
	__u8 *at = (void *)(dns + 1);
	__u32 left = 0;
	__u32 i;
	for (i = 0; i < LONGEST_NAME; i++) {
		if ((void *)(at + 1) > data_end)
			return XDP_PASS;
		__u8 byte = *at++;
		if (left == 0) {
			left = byte;
			if (left == 0)
				break;
			byte = '.';
		} else {
			left--;
			if (byte >= 'A' && byte <= 'Z')
				byte += 'a' - 'A';
		}
		/* The dot before the first label has no place. */
		if (i > 0 && i <= NAME_LENGTH)
			query.name[i - 1] = byte;
	}
	if (i == LONGEST_NAME)
		return XDP_PASS;
	__be16 *type = (void *)at;
	if ((void *)(type + 1) > data_end)
		return XDP_PASS;
	query.type = bpf_ntohs(*type);

	__u64 *count = bpf_map_lookup_elem(&queries, &query);
	if (count) {
		__sync_fetch_and_add(count, 1);
	} else {
		__u64 one = 1;
		bpf_map_update_elem(&queries, &query, &one, BPF_NOEXIST);
	}
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";

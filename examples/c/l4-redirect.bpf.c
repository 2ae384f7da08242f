// A small load balancer for TCP and UDP over IPv4: what comes for a service goes to one of its backends, and the answers come back
// under the service's address. A flow keeps its backend.
//
// It sees both directions of an interface, so an application attaches it:
//
//   maps.services.set({ address: "192.0.2.1", port: 80, protocol: 6 }, { first: 0, count: 1 });
//   maps.backends.set(0, { address: "192.0.2.1", port: 8080 });
//   await programs.ingress.attach({ interface: "eth0", direction: "ingress" });
//   await programs.egress.attach({ interface: "eth0", direction: "egress" });

#include <stddef.h>

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <linux/tcp.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct service {
	__be32 address;
	__be16 port;
	__u16 protocol;
};

/* Which of `backends`. */
struct pool {
	__u32 first;
	__u32 count;
};

struct backend {
	__be32 address;
	__be16 port;
};

/* A flow as the backend's answers have it. */
struct flow {
	__be32 backend;
	__be32 client;
	__be16 backendPort;
	__be16 clientPort;
	__u32 protocol;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct service);
	__type(value, struct pool);
} services SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4096);
	__type(key, __u32);
	__type(value, struct backend);
} backends SEC(".maps");

/* What the client takes the backend for. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, struct flow);
	__type(value, struct backend);
} flows SEC(".maps");

/* Packets sent on, at 0, and answers, at 1. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u64);
} packets SEC(".maps");

struct addresses {
	__be32 source;
	__be32 destination;
	__be16 sourcePort;
	__be16 destinationPort;
	__u32 protocol;
	/* Where the transport header begins. */
	__u32 offset;
};

static __always_inline void counted(__u32 index)
{
	__u64 *count = bpf_map_lookup_elem(&packets, &index);
	if (count)
		*count += 1;
}

/* Of TCP and UDP over IPv4; fragments behind the first have no ports. */
static __always_inline int parse(struct __sk_buff *ctx, struct addresses *found)
{
	void *data = (void *)(long)ctx->data;
	void *data_end = (void *)(long)ctx->data_end;

	struct ethhdr *eth = data;
	if ((void *)(eth + 1) > data_end || eth->h_proto != bpf_htons(ETH_P_IP))
		return 0;
	struct iphdr *ip = (void *)(eth + 1);
	if ((void *)(ip + 1) > data_end || (ip->frag_off & bpf_htons(0x1fff)))
		return 0;
	if (ip->protocol != IPPROTO_TCP && ip->protocol != IPPROTO_UDP)
		return 0;
	found->protocol = ip->protocol;
	found->source = ip->saddr;
	found->destination = ip->daddr;
	found->offset = sizeof(*eth) + ip->ihl * 4;

	/* Both begin with the ports. */
	struct udphdr *ports = data + found->offset;
	if ((void *)(ports + 1) > data_end)
		return 0;
	found->sourcePort = ports->source;
	found->destinationPort = ports->dest;
	return 1;
}

/* Writes an address and a port, and mends the checksums. */
static __always_inline void rewrite(struct __sk_buff *ctx, const struct addresses *packet, __u32 addressAt, __u32 portAt,
				    __be32 before, __be32 address, __be16 portBefore, __be16 port)
{
	__u32 checksumAt = packet->offset + offsetof(struct tcphdr, check);
	__u64 kind = 0;
	if (packet->protocol == IPPROTO_UDP) {
		checksumAt = packet->offset + offsetof(struct udphdr, check);
		kind = BPF_F_MARK_MANGLED_0;
	}
	bpf_l4_csum_replace(ctx, checksumAt, before, address, kind | BPF_F_PSEUDO_HDR | sizeof(address));
	bpf_l4_csum_replace(ctx, checksumAt, portBefore, port, kind | sizeof(port));
	bpf_l3_csum_replace(ctx, ETH_HLEN + offsetof(struct iphdr, check), before, address, sizeof(address));
	bpf_skb_store_bytes(ctx, ETH_HLEN + addressAt, &address, sizeof(address), 0);
	bpf_skb_store_bytes(ctx, packet->offset + portAt, &port, sizeof(port), 0);
}

/* Every bit of the result depends on every bit of the value (lowbias32 of Chris Wellons' hash-prospector). */
static __always_inline __u32 mixed(__u32 value)
{
	value = (value ^ value >> 16) * 0x7feb352d;
	value = (value ^ value >> 15) * 0x846ca68b;
	return value ^ value >> 16;
}

SEC("tc")
int ingress(struct __sk_buff *ctx)
{
	struct addresses packet;
	if (!parse(ctx, &packet))
		return TC_ACT_OK;

	struct service service = { packet.destination, packet.destinationPort, packet.protocol };
	struct pool *pool = bpf_map_lookup_elem(&services, &service);
	if (!pool || pool->count == 0)
		return TC_ACT_OK;

	/* The same flow always goes to the same backend. */
	__u32 index = pool->first + mixed(packet.source ^ ((__u32)packet.sourcePort << 16 | packet.destinationPort)) % pool->count;
	struct backend *backend = bpf_map_lookup_elem(&backends, &index);
	if (!backend || backend->port == 0)
		return TC_ACT_OK;

	struct flow flow = { backend->address, packet.source, backend->port, packet.sourcePort, packet.protocol };
	struct backend front = { packet.destination, packet.destinationPort };
	bpf_map_update_elem(&flows, &flow, &front, BPF_ANY);

	counted(0);
	rewrite(ctx, &packet, offsetof(struct iphdr, daddr), offsetof(struct udphdr, dest), packet.destination,
		backend->address, packet.destinationPort, backend->port);
	return TC_ACT_OK;
}

SEC("tc")
int egress(struct __sk_buff *ctx)
{
	struct addresses packet;
	if (!parse(ctx, &packet))
		return TC_ACT_OK;

	struct flow flow = { packet.source, packet.destination, packet.sourcePort, packet.destinationPort, packet.protocol };
	struct backend *front = bpf_map_lookup_elem(&flows, &flow);
	if (!front)
		return TC_ACT_OK;

	counted(1);
	rewrite(ctx, &packet, offsetof(struct iphdr, saddr), offsetof(struct udphdr, source), packet.source, front->address,
		packet.sourcePort, front->port);
	return TC_ACT_OK;
}

char LICENSE[] SEC("license") = "GPL";

// Guards where the processes of a control group connect to: by prefix, IPv4 and IPv6. Every attempt is told.
//
//   sudo skep run examples/c/connect-guard.bpf.c --cgroup /sys/fs/cgroup/web \
//     --set 'rules4={"prefixLength":8,"address":"10.0.0.0"}:1' --set deny=1

#include <linux/bpf.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define AF_INET 2
#define AF_INET6 10

enum { DENY, ALLOW };

/* What no rule speaks of is denied. */
const volatile __u32 deny = 0;

struct prefix4 {
	__u32 prefixLength;
	__be32 address;
};

struct prefix6 {
	__u32 prefixLength;
	__u8 address[16];
};

struct attempt {
	__u32 pid;
	__u16 family;
	__u16 port;
	/* IPv4 addresses are mapped: ::ffff:192.0.2.1. */
	__u8 address[16];
	__u32 allowed;
	char comm[16];
};

/* The longest prefix decides; the value is 0 to deny, 1 to allow. */
struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 16384);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct prefix4);
	__type(value, __u32);
} rules4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 16384);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct prefix6);
	__type(value, __u32);
} rules6 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 * 1024);
} attempts SEC(".maps");

static __always_inline struct attempt *begin(struct bpf_sock_addr *ctx, __u16 family, __u32 allowed)
{
	struct attempt *attempt = bpf_ringbuf_reserve(&attempts, sizeof(*attempt), 0);
	if (!attempt)
		return NULL;
	attempt->pid = bpf_get_current_pid_tgid() >> 32;
	attempt->family = family;
	attempt->port = bpf_ntohs((__u16)ctx->user_port);
	attempt->allowed = allowed;
	bpf_get_current_comm(attempt->comm, sizeof(attempt->comm));
	return attempt;
}

SEC("cgroup/connect4")
int guard4(struct bpf_sock_addr *ctx)
{
	__be32 address = ctx->user_ip4;
	struct prefix4 prefix = { .prefixLength = 32, .address = address };
	__u32 *rule = bpf_map_lookup_elem(&rules4, &prefix);
	__u32 allowed = rule ? *rule == ALLOW : deny == 0;

	struct attempt *attempt = begin(ctx, AF_INET, allowed);
	if (attempt) {
		__builtin_memset(attempt->address, 0, 10);
		attempt->address[10] = 0xff;
		attempt->address[11] = 0xff;
		*(__be32 *)&attempt->address[12] = address;
		bpf_ringbuf_submit(attempt, 0);
	}
	return allowed;
}

SEC("cgroup/connect6")
int guard6(struct bpf_sock_addr *ctx)
{
	struct prefix6 prefix = { .prefixLength = 128 };
	__u32 *words = (__u32 *)prefix.address;
	words[0] = ctx->user_ip6[0];
	words[1] = ctx->user_ip6[1];
	words[2] = ctx->user_ip6[2];
	words[3] = ctx->user_ip6[3];
	__u32 *rule = bpf_map_lookup_elem(&rules6, &prefix);
	__u32 allowed = rule ? *rule == ALLOW : deny == 0;

	struct attempt *attempt = begin(ctx, AF_INET6, allowed);
	if (attempt) {
		__builtin_memcpy(attempt->address, prefix.address, sizeof(attempt->address));
		bpf_ringbuf_submit(attempt, 0);
	}
	return allowed;
}

char LICENSE[] SEC("license") = "GPL";

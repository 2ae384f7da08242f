// The string kfuncs of Linux 6.17 and 6.18.
#include "results.h"

extern int bpf_strcmp(const char *s1__ign, const char *s2__ign) __ksym;
extern int bpf_strcasecmp(const char *s1__ign, const char *s2__ign) __ksym;
extern int bpf_strchr(const char *s__ign, char c) __ksym;
extern int bpf_strchrnul(const char *s__ign, char c) __ksym;
extern int bpf_strnchr(const char *s__ign, u64 count, char c) __ksym;
extern int bpf_strrchr(const char *s__ign, char c) __ksym;
extern int bpf_strlen(const char *s__ign) __ksym;
extern int bpf_strnlen(const char *s__ign, u64 count) __ksym;
extern int bpf_strspn(const char *s__ign, const char *accept__ign) __ksym;
extern int bpf_strcspn(const char *s__ign, const char *reject__ign) __ksym;
extern int bpf_strstr(const char *s1__ign, const char *s2__ign) __ksym;
extern int bpf_strnstr(const char *s1__ign, const char *s2__ign, u64 len) __ksym;

static char hello[] = "hello world";
static char other[] = "hello World";
static char umlaut[] = "H\xc4" "RTE";
static char lower[] = "h\xe4rte";

SEC("xdp")
int compare(struct xdp_md *ctx)
{
	u64 *out = results(ctx);
	if (!out)
		return XDP_ABORTED;
	out[0] = bpf_strcmp(hello, "hello world");
	out[1] = bpf_strcmp(hello, other);
	out[2] = bpf_strcmp(other, hello);
	out[3] = bpf_strcmp(hello, "hello");
	out[4] = bpf_strcmp("", hello);
	out[5] = bpf_strcasecmp(hello, other);
	out[6] = bpf_strcasecmp(umlaut, lower);
	out[7] = bpf_strcmp(umlaut, "HA");
	out[8] = bpf_strcmp((void *)0, hello);
	out[9] = bpf_strcasecmp(hello, "HELLO X");
	return XDP_PASS;
}

SEC("xdp")
int look(struct xdp_md *ctx)
{
	u64 *out = results(ctx);
	if (!out)
		return XDP_ABORTED;
	out[0] = bpf_strchr(hello, 'o');
	out[1] = bpf_strchr(hello, 'x');
	out[2] = bpf_strchr(hello, 0);
	out[3] = bpf_strchrnul(hello, 'x');
	out[4] = bpf_strchrnul(hello, 'w');
	out[5] = bpf_strnchr(hello, 4, 'o');
	out[6] = bpf_strnchr(hello, 5, 'o');
	out[7] = bpf_strrchr(hello, 'o');
	out[8] = bpf_strrchr(hello, 'x');
	out[9] = bpf_strlen(hello);
	out[10] = bpf_strnlen(hello, 5);
	out[11] = bpf_strnlen(hello, 50);
	out[12] = bpf_strrchr(hello, 0);
	out[13] = bpf_strchr(umlaut, 0xc4);
	return XDP_PASS;
}

SEC("xdp")
int search(struct xdp_md *ctx)
{
	u64 *out = results(ctx);
	if (!out)
		return XDP_ABORTED;
	out[0] = bpf_strspn(hello, "ehlo");
	out[1] = bpf_strspn(hello, "xyz");
	out[2] = bpf_strspn(hello, hello);
	out[3] = bpf_strcspn(hello, " w");
	out[4] = bpf_strcspn(hello, "xyz");
	out[5] = bpf_strcspn(hello, "");
	out[6] = bpf_strstr(hello, "world");
	out[7] = bpf_strstr(hello, "word");
	out[8] = bpf_strstr(hello, "");
	out[9] = bpf_strstr(hello, "d");
	out[10] = bpf_strnstr(hello, "world", 10);
	out[11] = bpf_strnstr(hello, "world", 11);
	out[12] = bpf_strnstr(hello, "hello", 5);
	out[13] = bpf_strnstr(hello, "", 0);
	out[14] = bpf_strnstr(hello, "h", 0);
	out[15] = bpf_strspn("", hello);
	return XDP_PASS;
}

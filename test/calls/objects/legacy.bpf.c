// Legacy packet loads, in functions of a program: beyond the packet they end the function with 0.
#include "results.h"

u64 load_byte(void *skb, u64 at) asm("llvm.bpf.load.byte");
u64 load_word(void *skb, u64 at) asm("llvm.bpf.load.word");

static __noinline int look(struct __sk_buff *skb, u32 at)
{
	return load_byte(skb, at) + 1;
}

static __noinline int look_behind(struct __sk_buff *skb, u32 at)
{
	return look(skb, at) + load_word(skb, at + 120) + 7;
}

/** 128 bytes of zeroes: what is within gives 1, and what is beyond 0. */
SEC("tc")
int functions(struct __sk_buff *skb)
{
	int within = look(skb, 5);
	int beyond = look(skb, 1000);
	int deeper = look_behind(skb, 0);
	int deepest = look_behind(skb, 5);
	return within * 1000 + beyond * 100 + deeper * 10 + deepest + 20000;
}

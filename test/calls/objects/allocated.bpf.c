// Objects that programs allocate: in lists, in trees, behind pointers, with and without reference counts.
#include "results.h"
#include <bpf/bpf_core_read.h>

enum { false = 0, true = 1 };

struct bpf_list_head { u64 opaque[2]; } __attribute__((aligned(8)));
struct bpf_list_node { u64 opaque[3]; } __attribute__((aligned(8)));
struct bpf_rb_root { u64 opaque[2]; } __attribute__((aligned(8)));
struct bpf_rb_node { u64 opaque[4]; } __attribute__((aligned(8)));
struct bpf_refcount { u32 opaque[1]; } __attribute__((aligned(4)));

extern void *bpf_obj_new_impl(u64 local_type_id, void *meta) __ksym;
extern void bpf_obj_drop_impl(void *object, void *meta) __ksym;
extern void *bpf_refcount_acquire_impl(void *object, void *meta) __ksym;
extern int bpf_list_push_front_impl(struct bpf_list_head *head, struct bpf_list_node *node, void *meta, u64 off) __ksym;
extern int bpf_list_push_back_impl(struct bpf_list_head *head, struct bpf_list_node *node, void *meta, u64 off) __ksym;
extern struct bpf_list_node *bpf_list_pop_front(struct bpf_list_head *head) __ksym;
extern struct bpf_list_node *bpf_list_pop_back(struct bpf_list_head *head) __ksym;
extern struct bpf_list_node *bpf_list_front(struct bpf_list_head *head) __ksym;
extern struct bpf_list_node *bpf_list_back(struct bpf_list_head *head) __ksym;
extern int bpf_rbtree_add_impl(struct bpf_rb_root *root, struct bpf_rb_node *node, bool (less)(struct bpf_rb_node *a, const struct bpf_rb_node *b), void *meta, u64 off) __ksym;
extern struct bpf_rb_node *bpf_rbtree_first(struct bpf_rb_root *root) __ksym;
extern struct bpf_rb_node *bpf_rbtree_remove(struct bpf_rb_root *root, struct bpf_rb_node *node) __ksym;

#define new(type) ((type *)bpf_obj_new_impl(bpf_core_type_id_local(type), 0))
#define drop(object) bpf_obj_drop_impl(object, 0)
#define contains(type, node) __attribute__((btf_decl_tag("contains:" #type ":" #node)))
#define kptr __attribute__((btf_type_tag("kptr")))
#define container(pointer, type, member) ((type *)((void *)(pointer) - __builtin_offsetof(type, member)))

struct item {
	u64 number;
	struct bpf_list_node node;
};

struct leaf {
	u64 number;
	struct bpf_rb_node node;
	struct bpf_refcount count;
};

struct holder {
	struct bpf_spin_lock lock;
	struct bpf_list_head head contains(item, node);
	struct bpf_rb_root root contains(leaf, node);
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct holder);
} holders SEC(".maps");

struct plain {
	u64 number;
};

struct slot {
	struct plain kptr *object;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct slot);
} slots SEC(".maps");

static __always_inline struct holder *holder(void)
{
	u32 zero = 0;
	return bpf_map_lookup_elem(&holders, &zero);
}

static __always_inline long push(struct holder *holder, u64 number, bool front)
{
	struct item *item = new(struct item);
	if (!item)
		return -1;
	item->number = number;
	bpf_spin_lock(&holder->lock);
	if (front)
		bpf_list_push_front_impl(&holder->head, &item->node, 0, 0);
	else
		bpf_list_push_back_impl(&holder->head, &item->node, 0, 0);
	bpf_spin_unlock(&holder->lock);
	return 0;
}

static __always_inline u64 pop(struct holder *holder, bool front)
{
	struct bpf_list_node *node;
	bpf_spin_lock(&holder->lock);
	node = front ? bpf_list_pop_front(&holder->head) : bpf_list_pop_back(&holder->head);
	bpf_spin_unlock(&holder->lock);
	if (!node)
		return 999;
	struct item *item = container(node, struct item, node);
	u64 number = item->number;
	drop(item);
	return number;
}

SEC("xdp")
int list(struct xdp_md *ctx)
{
	u64 *out = results(ctx);
	struct holder *value = holder();
	if (!out || !value)
		return XDP_ABORTED;
	out[0] = pop(value, true);
	out[1] = push(value, 1, false);
	push(value, 2, false);
	push(value, 3, true);
	out[2] = pop(value, true);
	out[3] = pop(value, false);
	out[4] = pop(value, true);
	out[5] = pop(value, true);
	// What is left in it goes with the map.
	push(value, 4, true);
	return XDP_PASS;
}

static bool less(struct bpf_rb_node *a, const struct bpf_rb_node *b)
{
	return container(a, struct leaf, node)->number < container(b, struct leaf, node)->number;
}

static __always_inline void add(struct holder *holder, u64 number)
{
	struct leaf *leaf = new(struct leaf);
	if (!leaf)
		return;
	leaf->number = number;
	bpf_spin_lock(&holder->lock);
	bpf_rbtree_add_impl(&holder->root, &leaf->node, less, 0, 0);
	bpf_spin_unlock(&holder->lock);
}

static __always_inline u64 least(struct holder *holder)
{
	struct bpf_rb_node *node;
	bpf_spin_lock(&holder->lock);
	node = bpf_rbtree_first(&holder->root);
	if (!node) {
		bpf_spin_unlock(&holder->lock);
		return 999;
	}
	node = bpf_rbtree_remove(&holder->root, node);
	bpf_spin_unlock(&holder->lock);
	if (!node)
		return 998;
	struct leaf *leaf = container(node, struct leaf, node);
	u64 number = leaf->number;
	drop(leaf);
	return number;
}

SEC("xdp")
int tree(struct xdp_md *ctx)
{
	u64 *out = results(ctx);
	struct holder *value = holder();
	if (!out || !value)
		return XDP_ABORTED;
	out[0] = least(value);
	add(value, 5);
	add(value, 2);
	add(value, 9);
	add(value, 2);
	out[1] = least(value);
	out[2] = least(value);
	out[3] = least(value);
	out[4] = least(value);
	out[5] = least(value);
	add(value, 1);
	return XDP_PASS;
}

SEC("xdp")
int counted(struct xdp_md *ctx)
{
	u64 *out = results(ctx);
	struct leaf *leaf = new(struct leaf), *other;
	if (!leaf)
		return XDP_ABORTED;
	if (!out) {
		drop(leaf);
		return XDP_ABORTED;
	}
	leaf->number = 8;
	other = bpf_refcount_acquire_impl(leaf, 0);
	drop(leaf);
	if (!other)
		return XDP_ABORTED;
	out[0] = other->number;
	drop(other);
	return XDP_PASS;
}

SEC("xdp")
int pointer(struct xdp_md *ctx)
{
	u64 *out = results(ctx);
	u32 zero = 0;
	struct slot *slot = bpf_map_lookup_elem(&slots, &zero);
	if (!out || !slot)
		return XDP_ABORTED;
	struct plain *object = new(struct plain), *before;
	if (!object)
		return XDP_ABORTED;
	object->number = 21;
	before = bpf_kptr_xchg(&slot->object, object);
	out[0] = before == 0;
	if (before)
		drop(before);
	before = bpf_kptr_xchg(&slot->object, 0);
	out[1] = before ? before->number : 0;
	if (before)
		drop(before);
	before = bpf_kptr_xchg(&slot->object, 0);
	out[2] = before == 0;
	if (before)
		drop(before);
	return XDP_PASS;
}

/* What is at an end stays there. */
static __always_inline u64 peek(struct holder *holder, bool front)
{
	u64 number = 999;
	struct bpf_list_node *node;
	bpf_spin_lock(&holder->lock);
	node = front ? bpf_list_front(&holder->head) : bpf_list_back(&holder->head);
	if (node)
		number = container(node, struct item, node)->number;
	bpf_spin_unlock(&holder->lock);
	return number;
}

SEC("xdp") int ends(struct xdp_md *ctx)
{
	u64 *out = results(ctx);
	struct holder *all = holder();
	if (!out || !all)
		return XDP_ABORTED;
	out[0] = peek(all, true);
	out[1] = peek(all, false);
	out[2] = push(all, 1, true);
	out[3] = peek(all, true);
	out[4] = peek(all, false);
	out[5] = push(all, 2, false);
	out[6] = peek(all, true);
	out[7] = peek(all, false);
	out[8] = pop(all, true);
	out[9] = peek(all, true);
	out[10] = pop(all, true);
	out[11] = peek(all, false);
	return XDP_PASS;
}

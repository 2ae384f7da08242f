// Lists and trees of objects, under their locks. (Category kptrs.)
#include "suite.h"

struct node { struct bpf_list_node link; u64 key; };
struct leaf { u64 key; struct bpf_rb_node link; };
struct both { struct bpf_list_node link; struct bpf_rb_node tree; struct bpf_refcount count; u64 key; };
struct other { struct bpf_list_node link; u64 key; };

private(A) struct bpf_spin_lock lock;
private(A) struct bpf_list_head list __contains(node, link);
private(A) struct bpf_rb_root tree __contains(leaf, link);
private(B) struct bpf_spin_lock lock2;
private(B) struct bpf_list_head list2 __contains(node, link);
private(C) struct bpf_spin_lock lock3;
private(C) struct bpf_list_head both_list __contains(both, link);
private(C) struct bpf_rb_root both_tree __contains(both, tree);

#define push(head, n) bpf_list_push_front_impl(head, n, NULL, 0)
#define push_back(head, n) bpf_list_push_back_impl(head, n, NULL, 0)
#define add(root, n, less) bpf_rbtree_add_impl(root, n, less, NULL, 0)
static u8 less(struct bpf_rb_node *a, const struct bpf_rb_node *b) { return container_of(a, struct leaf, link)->key < container_of(b, struct leaf, link)->key; }
static u8 both_less(struct bpf_rb_node *a, const struct bpf_rb_node *b) { return container_of(a, struct both, tree)->key < container_of(b, struct both, tree)->key; }
static u8 less_that_removes(struct bpf_rb_node *a, const struct bpf_rb_node *b) { bpf_rbtree_remove(&tree, a); return 0; }
static u8 less_that_adds(struct bpf_rb_node *a, const struct bpf_rb_node *b) { add(&tree, a, less); return 0; }
static u8 less_that_unlocks(struct bpf_rb_node *a, const struct bpf_rb_node *b) { bpf_spin_unlock(&lock); return 0; }
static u8 less_that_looks(struct bpf_rb_node *a, const struct bpf_rb_node *b) { bpf_rbtree_first(&tree); return 0; }

SEC("tc") int ok_push(struct __sk_buff *ctx) { struct node *n = new(struct node); if (!n) return 0; bpf_spin_lock(&lock); push(&list, &n->link); bpf_spin_unlock(&lock); return 0; }
SEC("tc") int ok_push_back(struct __sk_buff *ctx) { struct node *n = new(struct node); if (!n) return 0; bpf_spin_lock(&lock); push_back(&list, &n->link); bpf_spin_unlock(&lock); return 0; }
SEC("tc") int no_push_without_lock(struct __sk_buff *ctx) { struct node *n = new(struct node); if (!n) return 0; push(&list, &n->link); return 0; }
SEC("tc") int no_push_under_another_lock(struct __sk_buff *ctx) { struct node *n = new(struct node); if (!n) return 0; bpf_spin_lock(&lock2); push(&list, &n->link); bpf_spin_unlock(&lock2); return 0; }
SEC("tc") int no_push_twice(struct __sk_buff *ctx) { struct node *n = new(struct node); if (!n) return 0; bpf_spin_lock(&lock); push(&list, &n->link); push(&list, &n->link); bpf_spin_unlock(&lock); return 0; }
SEC("tc") int no_push_unchecked(struct __sk_buff *ctx) { struct node *n = new(struct node); bpf_spin_lock(&lock); push(&list, &n->link); bpf_spin_unlock(&lock); return 0; }
SEC("tc") int no_push_wrong_type(struct __sk_buff *ctx) { struct other *n = new(struct other); if (!n) return 0; bpf_spin_lock(&lock); push(&list, &n->link); bpf_spin_unlock(&lock); return 0; }
SEC("tc") int no_push_wrong_place(struct __sk_buff *ctx) { struct node *n = new(struct node); if (!n) return 0; bpf_spin_lock(&lock); push(&list, (void *)n + 8); bpf_spin_unlock(&lock); return 0; }
SEC("tc") int no_push_leaf(struct __sk_buff *ctx) { struct leaf *n = new(struct leaf); if (!n) return 0; bpf_spin_lock(&lock); push(&list, (void *)&n->link); bpf_spin_unlock(&lock); return 0; }
SEC("tc") int no_push_to_tree(struct __sk_buff *ctx) { struct node *n = new(struct node); if (!n) return 0; bpf_spin_lock(&lock); push((void *)&tree, &n->link); bpf_spin_unlock(&lock); return 0; }
SEC("tc") int ok_read_after_push(struct __sk_buff *ctx) { struct node *n = new(struct node); int k; if (!n) return 0; bpf_spin_lock(&lock); push(&list, &n->link); k = n->key; bpf_spin_unlock(&lock); return k; }
SEC("tc") int no_read_after_unlock(struct __sk_buff *ctx) { struct node *n = new(struct node); if (!n) return 0; bpf_spin_lock(&lock); push(&list, &n->link); bpf_spin_unlock(&lock); return ((volatile struct node *)n)->key; }
SEC("tc") int no_drop_after_push(struct __sk_buff *ctx) { struct node *n = new(struct node); if (!n) return 0; bpf_spin_lock(&lock); push(&list, &n->link); bpf_spin_unlock(&lock); drop(n); return 0; }
SEC("tc") int ok_pop(struct __sk_buff *ctx) { struct bpf_list_node *l; bpf_spin_lock(&lock); l = bpf_list_pop_front(&list); bpf_spin_unlock(&lock); if (l) drop(container_of(l, struct node, link)); return 0; }
SEC("tc") int ok_pop_back_read(struct __sk_buff *ctx) { struct bpf_list_node *l; int k = 0; bpf_spin_lock(&lock); l = bpf_list_pop_back(&list); bpf_spin_unlock(&lock); if (l) { struct node *n = container_of(l, struct node, link); k = n->key; drop(n); } return k; }
SEC("tc") int no_pop_leak(struct __sk_buff *ctx) { bpf_spin_lock(&lock); bpf_list_pop_front(&list); bpf_spin_unlock(&lock); return 0; }
SEC("tc") int no_pop_unchecked(struct __sk_buff *ctx) { struct bpf_list_node *l; bpf_spin_lock(&lock); l = bpf_list_pop_front(&list); bpf_spin_unlock(&lock); drop(container_of(l, struct node, link)); return 0; }
SEC("tc") int no_pop_without_lock(struct __sk_buff *ctx) { struct bpf_list_node *l = bpf_list_pop_front(&list); if (l) drop(container_of(l, struct node, link)); return 0; }
SEC("tc") int ok_pop_and_push(struct __sk_buff *ctx) { struct bpf_list_node *l; bpf_spin_lock(&lock); l = bpf_list_pop_front(&list); if (l) push_back(&list, l); bpf_spin_unlock(&lock); return 0; }
SEC("tc") int ok_move_to_another_list(struct __sk_buff *ctx) { struct bpf_list_node *l; bpf_spin_lock(&lock); l = bpf_list_pop_front(&list); bpf_spin_unlock(&lock); if (!l) return 0; bpf_spin_lock(&lock2); push(&list2, l); bpf_spin_unlock(&lock2); return 0; }
SEC("tc") int no_head_read(struct __sk_buff *ctx) { return *(volatile u64 *)&list; }
SEC("tc") int no_head_written(struct __sk_buff *ctx) { *(volatile u64 *)&list = 0; return 0; }
SEC("tc") int no_node_link_read(struct __sk_buff *ctx) { struct node *n = new(struct node); if (!n) return 0; int k = *(volatile u64 *)&n->link; drop(n); return k; }
SEC("tc") int no_head_moved(struct __sk_buff *ctx) { struct node *n = new(struct node); if (!n) return 0; bpf_spin_lock(&lock); push((void *)&list + 8, &n->link); bpf_spin_unlock(&lock); return 0; }

SEC("tc") int ok_add(struct __sk_buff *ctx) { struct leaf *n = new(struct leaf); if (!n) return 0; n->key = 1; bpf_spin_lock(&lock); add(&tree, &n->link, less); bpf_spin_unlock(&lock); return 0; }
SEC("tc") int no_add_without_lock(struct __sk_buff *ctx) { struct leaf *n = new(struct leaf); if (!n) return 0; add(&tree, &n->link, less); return 0; }
SEC("tc") int no_add_and_leak_another(struct __sk_buff *ctx) { struct leaf *n = new(struct leaf); struct leaf *m = new(struct leaf); if (!n) return 0; bpf_spin_lock(&lock); add(&tree, &n->link, less); bpf_spin_unlock(&lock); return 0; }
SEC("tc") int ok_first(struct __sk_buff *ctx) { struct bpf_rb_node *r; int k = 0; bpf_spin_lock(&lock); r = bpf_rbtree_first(&tree); if (r) k = container_of(r, struct leaf, link)->key; bpf_spin_unlock(&lock); return k; }
SEC("tc") int no_first_without_lock(struct __sk_buff *ctx) { struct bpf_rb_node *r = bpf_rbtree_first(&tree); return r != NULL; }
SEC("tc") int no_first_unchecked(struct __sk_buff *ctx) { struct bpf_rb_node *r; int k; bpf_spin_lock(&lock); r = bpf_rbtree_first(&tree); k = container_of(r, struct leaf, link)->key; bpf_spin_unlock(&lock); return k; }
SEC("tc") int no_first_after_unlock(struct __sk_buff *ctx) { struct bpf_rb_node *r; bpf_spin_lock(&lock); r = bpf_rbtree_first(&tree); bpf_spin_unlock(&lock); if (!r) return 0; return ((volatile struct leaf *)container_of(r, struct leaf, link))->key; }
SEC("tc") int ok_remove(struct __sk_buff *ctx) { struct bpf_rb_node *r; bpf_spin_lock(&lock); r = bpf_rbtree_first(&tree); if (r) r = bpf_rbtree_remove(&tree, r); bpf_spin_unlock(&lock); if (r) drop(container_of(r, struct leaf, link)); return 0; }
SEC("tc") int no_remove_leak(struct __sk_buff *ctx) { struct bpf_rb_node *r; bpf_spin_lock(&lock); r = bpf_rbtree_first(&tree); if (r) bpf_rbtree_remove(&tree, r); bpf_spin_unlock(&lock); return 0; }
SEC("tc") int no_remove_unchecked(struct __sk_buff *ctx) { struct bpf_rb_node *r; bpf_spin_lock(&lock); r = bpf_rbtree_first(&tree); r = bpf_rbtree_remove(&tree, r); bpf_spin_unlock(&lock); if (r) drop(container_of(r, struct leaf, link)); return 0; }
SEC("tc") int no_remove_what_is_owned(struct __sk_buff *ctx) { struct leaf *n = new(struct leaf); struct bpf_rb_node *r; if (!n) return 0; bpf_spin_lock(&lock); r = bpf_rbtree_remove(&tree, &n->link); bpf_spin_unlock(&lock); if (r) drop(container_of(r, struct leaf, link)); return 0; }
SEC("tc") int ok_remove_twice(struct __sk_buff *ctx) { struct bpf_rb_node *r, *a = NULL, *b = NULL; bpf_spin_lock(&lock); r = bpf_rbtree_first(&tree); if (r) { a = bpf_rbtree_remove(&tree, r); b = bpf_rbtree_remove(&tree, r); } bpf_spin_unlock(&lock); if (a) drop(container_of(a, struct leaf, link)); if (b) drop(container_of(b, struct leaf, link)); return 0; }
SEC("tc") int no_add_with_removal(struct __sk_buff *ctx) { struct leaf *n = new(struct leaf); if (!n) return 0; bpf_spin_lock(&lock); add(&tree, &n->link, less_that_removes); bpf_spin_unlock(&lock); return 0; }
SEC("tc") int no_add_with_addition(struct __sk_buff *ctx) { struct leaf *n = new(struct leaf); if (!n) return 0; bpf_spin_lock(&lock); add(&tree, &n->link, less_that_adds); bpf_spin_unlock(&lock); return 0; }
SEC("tc") int no_add_with_unlock(struct __sk_buff *ctx) { struct leaf *n = new(struct leaf); if (!n) return 0; bpf_spin_lock(&lock); add(&tree, &n->link, less_that_unlocks); bpf_spin_unlock(&lock); return 0; }
SEC("tc") int ok_add_with_first(struct __sk_buff *ctx) { struct leaf *n = new(struct leaf); if (!n) return 0; bpf_spin_lock(&lock); add(&tree, &n->link, less_that_looks); bpf_spin_unlock(&lock); return 0; }
SEC("tc") int no_add_node(struct __sk_buff *ctx) { struct node *n = new(struct node); if (!n) return 0; bpf_spin_lock(&lock); add(&tree, (void *)&n->link, less); bpf_spin_unlock(&lock); return 0; }

SEC("tc") int ok_counted_twice(struct __sk_buff *ctx) { struct both *n = new(struct both), *m; if (!n) return 0; m = bpf_refcount_acquire_impl(n, NULL); drop(n); drop(m); return 0; }
SEC("tc") int no_counted_leak(struct __sk_buff *ctx) { struct both *n = new(struct both), *m; if (!n) return 0; m = bpf_refcount_acquire_impl(n, NULL); drop(n); return 0; }
SEC("tc") int ok_counted_in_list_and_tree(struct __sk_buff *ctx) { struct both *n = new(struct both), *m; if (!n) return 0; m = bpf_refcount_acquire_impl(n, NULL); bpf_spin_lock(&lock3); push(&both_list, &n->link); add(&both_tree, &m->tree, both_less); bpf_spin_unlock(&lock3); return 0; }
SEC("tc") int no_counted_without_count(struct __sk_buff *ctx) { struct node *n = new(struct node), *m; if (!n) return 0; m = bpf_refcount_acquire_impl(n, NULL); if (m) drop(m); drop(n); return 0; }
SEC("tc") int no_counted_in_both_with_one(struct __sk_buff *ctx) { struct both *n = new(struct both); if (!n) return 0; bpf_spin_lock(&lock3); push(&both_list, &n->link); add(&both_tree, &n->tree, both_less); bpf_spin_unlock(&lock3); return 0; }
SEC("tc") int ok_counted_from_borrowed(struct __sk_buff *ctx) { struct both *n = new(struct both), *m; if (!n) return 0; bpf_spin_lock(&lock3); push(&both_list, &n->link); m = bpf_refcount_acquire_impl(n, NULL); bpf_spin_unlock(&lock3); if (m) drop(m); return 0; }
SEC("tc") int no_counted_from_borrowed_unchecked(struct __sk_buff *ctx) { struct both *n = new(struct both), *m; if (!n) return 0; bpf_spin_lock(&lock3); push(&both_list, &n->link); m = bpf_refcount_acquire_impl(n, NULL); bpf_spin_unlock(&lock3); drop(m); return 0; }
SEC("tc") int no_counted_after_unlock(struct __sk_buff *ctx) { struct both *n = new(struct both), *m; if (!n) return 0; bpf_spin_lock(&lock3); push(&both_list, &n->link); bpf_spin_unlock(&lock3); m = bpf_refcount_acquire_impl(n, NULL); if (m) drop(m); return 0; }

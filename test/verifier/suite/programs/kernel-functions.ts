/** Kernel functions whose results are slots or pointers of a special kind: iterators, interrupt flags, arenas, casts. */

import { Rules } from "../case.ts";

/** r6, as a pointer into the arena. */
const CAST = "raw bf 66 01 00 01 00 00 00";
/** r6 is an address of a fresh page. */
const pages = (text: string) =>
  `r1 = map arena; r2 = 0; r3 = 1; r4 = -1; r5 = 0; call kfunc bpf_arena_alloc_pages; r6 = r0; ${text}; r0 = 0; exit`;

export const iteratorSlots = new Rules("iterators");
export const flagSlots = new Rules("irq");
export const arenas = new Rules("arena");
export const casts = new Rules("kfuncs");

iteratorSlots.rule(
  "slots of iterators",
  {
    "made and destroyed": `r1 = r10; r1 += -8; r2 = 0; r3 = 3; call kfunc bpf_iter_num_new; r1 = r10; r1 += -8; call kfunc bpf_iter_num_destroy; r0 = 0; exit`,
  },
  {
    read: `r1 = r10; r1 += -8; r2 = 0; r3 = 3; call kfunc bpf_iter_num_new; r6 = *(u64 *)(r10 -8); r1 = r10; r1 += -8; call kfunc bpf_iter_num_destroy; r0 = 0; exit`,
    write: `r1 = r10; r1 += -8; r2 = 0; r3 = 3; call kfunc bpf_iter_num_new; *(u64 *)(r10 -8) = 0; r1 = r10; r1 += -8; call kfunc bpf_iter_num_destroy; r0 = 0; exit`,
    "write byte": `r1 = r10; r1 += -8; r2 = 0; r3 = 3; call kfunc bpf_iter_num_new; *(u8 *)(r10 -8) = 0; r1 = r10; r1 += -8; call kfunc bpf_iter_num_destroy; r0 = 0; exit`,
  },
  { type: "raw_tracepoint" },
);

flagSlots.rule(
  "slots of flags",
  {},
  {
    read: `r1 = r10; r1 += -8; call kfunc bpf_local_irq_save; r6 = *(u64 *)(r10 -8); r1 = r10; r1 += -8; call kfunc bpf_local_irq_restore; r0 = 0; exit`,
    write: `r1 = r10; r1 += -8; call kfunc bpf_local_irq_save; *(u64 *)(r10 -8) = 0; r1 = r10; r1 += -8; call kfunc bpf_local_irq_restore; r0 = 0; exit`,
    "write part": `r1 = r10; r1 += -8; call kfunc bpf_local_irq_save; *(u8 *)(r10 -7) = 0; r6 = *(u8 *)(r10 -7); r1 = r10; r1 += -8; call kfunc bpf_local_irq_restore; r0 = 0; exit`,
  },
  { type: "raw_tracepoint" },
);

arenas
  .rule(
    "arenas",
    {},
    {
      "the address of its memory": `r1 = map arena; r2 = value arena +0; r0 = *(u64 *)(r2 +0); exit`,
      "the map's own fields": `r1 = map arena; r0 = *(u64 *)(r1 +4000); exit`,
      "a number": `r2 = map arena; r1 = 5; r0 = *(u64 *)(r1 +0); exit`,
      atomic: `r1 = map arena; r2 = value arena +0; r3 = 1; lock *(u64 *)(r2 +0) += r3; r0 = 0; exit`,
    },
    { type: "syscall", flags: 16 },
  )
  .rule(
    "pages",
    {
      "as a number": pages("r7 = r6"),
      "cast, read and written": pages(
        `${CAST}; r7 = *(u64 *)(r6 +0); r8 = *(u8 *)(r6 +3); *(u64 *)(r6 +8) = r7; r6 += r7; r7 = *(u64 *)(r6 +1)`,
      ),
      atomic: pages(
        `${CAST}; r7 = 1; lock *(u64 *)(r6 +0) += r7; r7 = atomic64_fetch_add((u64 *)(r6 +0), r7); r8 = load_acquire((u32 *)(r6 +0))`,
      ),
      "a pointer stored": pages(`${CAST}; *(u64 *)(r6 +8) = r6`),
      "with its sign": pages(`${CAST}; r7 = *(s8 *)(r6 +0)`),
    },
    {
      "fetch or": pages(`${CAST}; r7 = 1; r7 = atomic64_fetch_or((u64 *)(r6 +0), r7)`),
    },
    { type: "syscall", flags: 16 },
  );

casts
  .rule(
    "read-only casts",
    {
      void: `r1 = r1; r2 = 0; call kfunc bpf_rdonly_cast; r6 = *(u64 *)(r0 +0); r6 = *(u8 *)(r0 +30000); r0 = 0; exit`,
      "a variable offset": `r6 = *(u64 *)(r1 +0); r1 = r1; r2 = 0; call kfunc bpf_rdonly_cast; r0 += r6; r7 = *(u8 *)(r0 +30000); r0 = 0; exit`,
      negative: `r2 = 0; call kfunc bpf_rdonly_cast; r7 = *(s32 *)(r0 -8); r0 = 0; exit`,
      acquired: `r2 = 0; call kfunc bpf_rdonly_cast; r1 = load_acquire((u64 *)(r0 +0)); r0 = 0; exit`,
    },
    {
      write: `r2 = 0; call kfunc bpf_rdonly_cast; *(u64 *)(r0 +0) = 1; r0 = 0; exit`,
      atomic: `r2 = 0; call kfunc bpf_rdonly_cast; r1 = 1; lock *(u64 *)(r0 +0) += r1; r0 = 0; exit`,
      helper: `r2 = 0; call kfunc bpf_rdonly_cast; r1 = map hash8; r2 = r0; call bpf_map_lookup_elem; r0 = 0; exit`,
      number: `r2 = 5; call kfunc bpf_rdonly_cast; r6 = *(u64 *)(r0 +0); r0 = 0; exit`,
    },
    { type: "raw_tracepoint" },
  )
  .rule(
    "the kernel's context",
    {},
    {
      write: `call kfunc bpf_cast_to_kern_ctx; r6 = 0; *(u32 *)(r0 +112) = r6; r0 = 0; exit`,
    },
    { type: "sched_cls" },
  );

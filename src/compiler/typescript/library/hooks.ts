/** The hooks a program can be written for: their contexts and verdicts, as in linux/bpf.h. */

import type { AttachType } from "../../../uapi/attach-types.ts";
import type { ProgramType } from "../../../uapi/program-types.ts";
import { XDP_MD as OFFSETS, XDP_VERDICTS } from "../../../uapi/xdp.ts";
import { INTS, type IntType, type StructType } from "../types.ts";

export interface Hook {
  /** ELF section name as libbpf spells it. */
  readonly section: string;
  readonly type: ProgramType;
  readonly attachType: AttachType | null;
  /** Name of the context's type at the editor's side. */
  readonly contextType: string;
  /** Of an application's own hook: the struct that its context is. */
  readonly context: ContextLayout | StructType;
  /** What the program returns. */
  readonly result: IntType;
  /** The constants that it may return, by value; null when it may return anything. */
  readonly verdicts: readonly string[] | null;
}

/** The context as the kernel shows it to programs. */
export interface ContextLayout {
  /** The C struct's name, and all of its members in order: BTF describes it to the kernel. */
  readonly struct: string;
  readonly members: readonly string[];
  /** Offsets in bytes of the two packet pointers, each loaded as 4 bytes. */
  readonly data: number;
  readonly dataEnd: number;
  /** Plain numbers that a program may read, by their name in the language. */
  readonly fields: Readonly<Record<string, { readonly offset: number; readonly type: IntType }>>;
}

/** `struct xdp_md`, Linux 4.8; `ingress_ifindex` and `rx_queue_index` since 4.16, `egress_ifindex` since 5.8. */
const XDP_MD: ContextLayout = {
  struct: "xdp_md",
  members: Object.keys(OFFSETS),
  data: OFFSETS.data,
  dataEnd: OFFSETS.data_end,
  fields: {
    ingressInterface: { offset: OFFSETS.ingress_ifindex, type: INTS.u32 },
    rxQueue: { offset: OFFSETS.rx_queue_index, type: INTS.u32 },
  },
};

/** A hook that an application declares (`defineHook`): only that knows what its verdicts mean. */
export function ownHook(name: string, context: StructType): Hook {
  return {
    section: `hook/${name}`,
    type: "unspec",
    attachType: null,
    contextType: context.name,
    context,
    result: INTS.u32,
    verdicts: null,
  };
}

/** Whether the context is a struct of the application's. */
export function isStruct(context: Hook["context"]): context is StructType {
  return "kind" in context;
}

export const HOOKS: Readonly<Record<string, Hook>> = {
  xdp: {
    section: "xdp",
    type: "xdp",
    attachType: "xdp",
    contextType: "XdpContext",
    context: XDP_MD,
    result: INTS.u32,
    verdicts: XDP_VERDICTS.map((name) => `XDP_${name.toUpperCase()}`),
  },
};

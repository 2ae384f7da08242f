/** Accesses that may leave what they may touch: packets, values of maps, buffers. */

import type { Case } from "../case.ts";
import type { Lineage } from "../lineage.ts";
import type { Step } from "../log/path.ts";
import { isPointer, isScalar, type LogValue, offsetOf } from "../log/values.ts";
import { bytes, capital, describeType, describeValue, limitsOf } from "../words.ts";
import { accessVerb, cameFrom, expressionOf, type Finding, indexOf, plain, type Rule } from "./rule.ts";

interface Bounds {
  /** `a value of `counters`` */
  readonly thing: string;
  readonly size: number;
  readonly offset: number;
  readonly length: number;
  readonly register: number;
}

function boundsOf(one: Case, m: RegExpExecArray): Bounds {
  const [kind, size, offset, length] = [m[1]!, Number(m[2]), Number(m[3]), Number(m[4])];
  const register = registerOf(one);
  const map = /map value/.test(kind) ? one.mapOf(one.value(register), register) : null;
  const thing =
    map !== null
      ? `a value of \`${map.name}\``
      : /map value/.test(kind)
        ? "a value of the map"
        : /map key/.test(kind)
          ? "the map's key"
          : "the memory";
  return { thing, size, offset, length, register };
}

/** The register that a second line names, or the base of the access. */
function registerOf(one: Case): number {
  const named = one.verdict.map((line) => /^R(\d+) /.exec(line)).find((m) => m !== null);
  return Number(named?.[1] ?? one.step?.instruction.memory?.base ?? 0);
}

function bounds(one: Case, m: RegExpExecArray): Finding {
  const { thing, size, offset, length, register } = boundsOf(one, m);
  const value = one.value(register);
  const lineage = one.lineage(register, "offset");
  const added = lineage.addition !== null && lineage.index !== null ? one.valueBefore(lineage.addition, lineage.index) : null;
  if (lineage.addition !== null && added !== null && isScalar(added) && lineage.index !== null) {
    return index(one, { thing, size, offset, length, register }, added, lineage.addition, lineage);
  }
  const { text } = one.place(one.slot);
  const expression = expressionOf(text);
  const last = offset + length - 1;
  const callee = one.step?.instruction.callee ?? null;
  if (callee !== null && offset >= 0) {
    return {
      problem: `${callee} would go beyond the end of ${thing}`,
      reason: `Argument ${register} points to byte ${offset} of ${thing}, which has ${bytes(size)}, and ${callee} may use ${bytes(length)} from there on.`,
      suggestions: [`pass a length of at most ${Math.max(0, size - offset)}, or a larger value`],
      blame: register,
    };
  }
  return {
    problem: `${expression === null ? `this ${accessVerb(one)}` : `\`${expression}\``} is outside of ${thing}`,
    reason:
      offset < 0
        ? `It ${accessVerb(one)}s ${bytes(length)} at byte ${offset}, before the beginning${value === null ? "" : ` of ${thing}`}.`
        : `It ${accessVerb(one)}s bytes ${offset} to ${last}, but there ${size === 1 ? "is" : "are"} only ${bytes(size)} (0 to ${size - 1}).`,
    suggestions: ["correct the offset or the type of the pointer; or make the value of the map larger"],
    blame: register,
  };
}

function index(
  one: Case,
  { thing, size, offset, length, register }: Bounds,
  added: LogValue,
  addition: Step,
  lineage: Lineage,
): Finding {
  const { low, high } = limitsOf(added);
  const above = !one.verdict.some((line) => /min value/.test(line));
  const constant =
    above && high !== null
      ? offset - Number(high)
      : low !== null
        ? offset - Number(low)
        : (one.step?.instruction.memory?.offset ?? 0);
  const place = one.place(one.slot);
  const map = one.mapOf(one.value(register), register);
  const field = map === null ? null : one.names.inValue(map, constant);
  const array = field !== null && !("padding" in field) && field.elements > 0 ? field : null;
  const element = array === null ? 1 : array.size / array.elements;
  const room = array === null ? Math.floor((size - constant) / length) : array.elements;
  const expression = expressionOf(place.text, array?.field ?? null);
  const name = array === null ? null : indexOf(place.text, array.field);
  const where = expression === null ? `this ${accessVerb(one)} of ${thing}` : `\`${expression}\``;
  const many = element === 1 ? bytes(room) : `${room} elements`;
  const holder = array === null ? thing : `\`${array.field}\``;
  const most = high === null ? "anything" : `up to ${high / BigInt(element)}`;
  const slot = addition.slot;
  const source = cameFrom(one, lineage, "It", " and is not limited on this path.");
  const written = name ?? "index";
  return {
    problem: above ? `${where}: the index may be ${most}, ${holder} has ${many}` : `${where}: the index may be negative`,
    reason: above
      ? `The number added to the pointer is ${describeValue(added).replace(/^a number /, "")}, so the access may reach byte ${offset + length - 1} of ${bytes(size)}.${source}`
      : `The number added to the pointer is ${describeValue(added).replace(/^a number /, "")}: it may point before the beginning of ${thing}.${source}`,
    suggestions: [
      `limit it right before: \`if (${written} >= ${room}) return …;\``,
      ...(isPowerOfTwo(room) ? [`or cut it off: \`${written} &= ${room - 1}\``] : []),
    ],
    fixes: [
      ...(one.step === null || lineageIndex(addition) === null
        ? []
        : [
            {
              text: `limit it right before: \`if (${written} >= ${room}) return …;\``,
              slot,
              code: `if r${lineageIndex(addition)} > ${room * element - 1} goto exit`,
            },
            ...(isPowerOfTwo(room * element)
              ? [
                  {
                    text: `or cut it off: \`${written} &= ${room - 1}\``,
                    slot,
                    code: `r${lineageIndex(addition)} &= ${room * element - 1}`,
                  },
                ]
              : []),
          ]),
    ],
    blame: register,
    follow: "offset",
  };
}

function lineageIndex(addition: Step): number | null {
  return addition.instruction.src;
}

function isPowerOfTwo(number: number): boolean {
  return number > 0 && (number & (number - 1)) === 0;
}

/** A number without (enough) limits is added to a pointer. */
function arithmetic(one: Case, pointer: string, detail: string): Finding {
  const step = one.step;
  const source = step?.instruction.src ?? null;
  const added = source === null ? null : one.value(source);
  // `number += pointer` is the same sum.
  const register = added !== null && isPointer(added) ? (step?.instruction.dst ?? null) : source;
  const value = register === null ? null : one.value(register);
  const { text } = one.place(one.slot);
  const expression = expressionOf(text);
  const { low, high } = value === null ? { low: null, high: null } : limitsOf(value);
  const missing =
    low === null && high === null
      ? "it has no limits"
      : low === null
        ? "it may be negative"
        : high === null
          ? "it has no upper limit"
          : "its limits are too wide";
  const lineage = register === null ? null : one.lineage(register);
  return {
    problem: `${expression === null ? "this adds a number to a pointer" : `\`${expression}\``}: ${missing}`,
    reason: `${detail} Added to ${describeType(pointer)} is ${value === null ? "a number" : describeValue(value)}.${lineage === null ? "" : cameFrom(one, lineage)}`,
    suggestions: [
      "use an unsigned type (u32 or u64) for it, and check its upper limit right before it is added",
      "where the compiler moved the check away or did it on a copy: keep the value in a u64, or hold it in place with `volatile` or `barrier_var`",
    ],
    fixes:
      register === null || one.slot === null
        ? []
        : [
            {
              text: `limit it on both sides right before: \`if (index < 0 || index >= …) return …;\``,
              slot: one.slot,
              code: `if r${register} > 7 goto exit`,
            },
          ],
    blame: register,
  };
}

/** The size of a helper's access: unbounded, or perhaps negative. */
function size(one: Case, register: number, negative: boolean): Finding {
  const value = one.value(register);
  const callee = one.step?.instruction.callee ?? "the call";
  const buffer = register > 1 ? one.value(register - 1) : null;
  const map = buffer === null || !/^map_value/.test(buffer.type) ? null : one.mapOf(buffer, register - 1);
  const room = Number(buffer?.fields.get("vs") ?? map?.valueSize ?? 0);
  const space = buffer === null ? null : buffer.type === "fp" ? -offsetOf(buffer) : room === 0 ? null : room - offsetOf(buffer);
  const lineage = one.lineage(register);
  const from = cameFrom(one, lineage);
  const limit = space ?? 64;
  return {
    problem: negative ? `the length given to ${callee} may be negative` : `the length given to ${callee} has no upper limit`,
    reason: `Argument ${register} is ${value === null ? "a number" : describeValue(value)}${
      space === null ? "" : `, and the memory of argument ${register - 1} has ${bytes(space)}`
    }.${from} ${negative ? "A negative length is a very large one." : "A check of a copy, or before it was widened or divided, does not count."}`,
    suggestions: [
      `limit it right before the call, as an unsigned number: \`if (size > ${limit}) return …;\``,
      ...(isPowerOfTwo(limit) ? [`or cut it off: \`size &= ${limit - 1}\``] : []),
    ],
    fixes:
      one.slot === null
        ? []
        : [
            {
              text: `limit it right before the call, as an unsigned number: \`if (size > ${limit}) return …;\``,
              slot: one.slot,
              code: `if r${register} > ${limit} goto exit\nif r${register} == 0 goto exit`,
            },
          ],
    blame: register,
  };
}

export const MEMORY_RULES: readonly Rule[] = [
  {
    code: "value-bounds",
    category: "Memory",
    pattern: /^(invalid access to (?:map value|map key|memory)), (?:value|key|mem)_size=(\d+) off=(-?\d+) size=(\d+)/,
    explain: bounds,
  },
  {
    code: "pointer-offset",
    category: "Memory",
    pattern: /^math between (\S+) pointer and (register with unbounded min value|-?\d+) is not allowed/,
    explain: (one, m) =>
      /^-?\d/.test(m[2]!)
        ? {
            problem: `${describeType(m[1]!)} is moved by ${m[2]} bytes, which is too far`,
            reason: "Pointers may be moved by less than 536870912 bytes.",
            suggestions: ["compute with smaller numbers: no object is so large"],
            blame: one.step?.instruction.dst ?? null,
          }
        : arithmetic(one, m[1]!, "What is added to a pointer must have limits on both sides, less than 536870912 in size."),
  },
  {
    code: "pointer-offset",
    category: "Memory",
    pattern: /^value (-?\d+) makes (\S+) pointer be out of bounds/,
    explain: (one, m) => arithmetic(one, m[2]!, `The sum may be ${m[1]}: pointers may be moved by less than 536870912 bytes.`),
  },
  plain(
    "Memory",
    "pointer-offset",
    /^(\S+) pointer offset (-?\d+) is not allowed/,
    "the pointer was moved by $2 bytes, which is too far; Pointers may be moved by less than 536870912 bytes",
    "check the number before it is added",
  ),
  {
    code: "size-negative",
    category: "Memory",
    pattern: /^R(\d+) min value is negative, either use unsigned or 'var &= const'/,
    explain: (one, m) => {
      const value = one.value(Number(m[1]));
      const unlimited = value !== null && limitsOf(value).high === null;
      return size(one, Number(m[1]), !unlimited);
    },
  },
  {
    code: "size-unbounded",
    category: "Memory",
    pattern: /^R(\d+) unbounded memory access, use 'var &= const' or 'if \(var < const\)'/,
    explain: (one, m) => size(one, Number(m[1]), false),
  },
  {
    code: "index-negative",
    category: "Memory",
    pattern: /^R(\d+) min value is negative, either use unsigned index/,
    explain: (one, m) => offset(one, Number(m[1]), "may be negative"),
  },
  {
    code: "index-unbounded",
    category: "Memory",
    pattern:
      /^R(\d+) (?:unbounded memory access, make sure to bounds check|max value is outside of the|min value is outside of the)/,
    explain: (one, m) => offset(one, Number(m[1]), "has no upper limit"),
  },
  {
    code: "packet-bounds",
    category: "Memory",
    pattern: /^R(\d+) offset is outside of the packet/,
    explain: (one, m) => offset(one, Number(m[1]), "may be behind the end of the packet"),
  },
  {
    code: "zero-size",
    category: "Memory",
    pattern: /^(?:R(\d+) )?invalid zero-sized read/,
    explain: (one, m) => {
      const callee = one.step?.instruction.callee ?? "the call";
      const pointer = m[1] === undefined ? null : Number(m[1]);
      return {
        problem: `the length given to ${callee} may be 0`,
        reason: `${callee} wants at least one byte; ${pointer === null ? "the length" : `argument ${pointer + 1}`} may be 0 on this path.`,
        suggestions: ["skip the call when the length is 0: `if (size == 0) return …;`"],
        fixes:
          pointer === null || one.slot === null
            ? []
            : [
                {
                  text: "skip the call when the length is 0: `if (size == 0) return …;`",
                  slot: one.slot,
                  code: `if r${pointer + 1} == 0 goto exit`,
                },
              ],
        blame: pointer === null ? null : pointer + 1,
      };
    },
  },
  plain(
    "Memory",
    "misaligned",
    /^misaligned (\S* ?)(?:access|packet access) off (.+?) size (\d+)/,
    "an access of $3 bytes is not at a multiple of $3; The offset is made of $2. The stack is always, and other memory where the processor wants it, read and written at multiples of the size",
    "align the field (or the buffer) to its size, or copy it byte by byte: `__builtin_memcpy`",
  ),
  plain(
    "Memory",
    "flow-keys-bounds",
    /^invalid access to flow keys off=(-?\d+) size=(\d+)/,
    "this access at byte $1 (size $2) is outside of the flow keys; `struct bpf_flow_keys` is smaller than that",
    "read the fields of `struct bpf_flow_keys` only",
  ),
  plain(
    "Memory",
    "buffer-bounds",
    /^R(\d+) invalid (\S+) buffer access: off=(-?\d+), size=(\d+)/,
    "this access of $4 bytes at byte $3 is outside of the $2 buffer; The buffer may not be accessed before its beginning",
    "use an offset of 0 or more",
  ),
  plain(
    "Memory",
    "buffer-bounds",
    /^R(\d+) invalid variable buffer offset: off=(-?\d+), var_off=(.*)/,
    "the offset into the buffer is not a constant; Buffers of this kind are read and written at fixed offsets only",
    "use constant offsets: unroll the loop",
  ),
  plain(
    "Memory",
    "sock-bounds",
    /^R(\d+) invalid (\S+) access off=(-?\d+) size=(\d+)/,
    "there is no field of $4 bytes at byte $3 of this $2; Fields are read whole, with their own width",
    "read one of the fields of the struct in linux/bpf.h, with its declared type",
  ),
  plain(
    "Memory",
    "negative-offset",
    /^R(\d+) is (\S+) invalid negative access: off=(-?\d+)/,
    "this is before the beginning of the $2 (byte $3); Kernel objects cannot be read backwards",
    "use the pointer to the outer object",
  ),
  plain(
    "Memory",
    "variable-offset",
    /^R(\d+) is ptr_(\S+) invalid variable offset: off=(-?\d+), var_off=(.*)/,
    "the offset into struct $2 is not a constant; Fields of kernel objects are read at fixed offsets only",
    "use bpf_probe_read_kernel for computed addresses",
  ),
  plain(
    "Memory",
    "variable-offset",
    /^variable (\S+) access var_off=(.+?) disallowed/,
    "the offset into $1 is not a constant; What lies at an offset must be known while the program is verified",
    "use constant offsets: unroll the loop, or a switch",
  ),
  plain(
    "Memory",
    "variable-offset",
    /^R(\d+) doesn't have constant offset\. (\S+) has to be at the constant offset/,
    "the place of the $2 in the value is not known; It must be at a constant offset",
    "take its address from the pointer to the value itself: `&value->lock`",
  ),
  plain(
    "Memory",
    "struct-bounds",
    /^access beyond struct (.+) at off (\d+) size (\d+)/,
    "this read of $3 bytes at byte $2 is outside of struct $1; The kernel's types say that it ends before",
    "use the kernel's own type of this version (CO-RE: `BPF_CORE_READ`)",
  ),
  plain(
    "Memory",
    "struct-bounds",
    /^access beyond the end of member (\S+) \(mend:(\d+)\) in struct (\S+) with off (\d+) size (\d+)/,
    "this read of $5 bytes at byte $4 goes beyond the end of `$1` of struct $3; It ends at byte $2",
    "read it with the width of the member",
  ),
  plain(
    "Memory",
    "struct-field",
    /^cannot access ptr member (\S+) with moff (\d+) in struct (\S+) with off (\d+) size (\d+)/,
    "only a part of the pointer `$1` of struct $3 would be read; Pointers are read whole, 8 bytes at their beginning",
    "read the whole pointer",
  ),
  plain(
    "Memory",
    "struct-field",
    /^struct (\S+) doesn't have field at offset (\d+)/,
    "struct $1 has no field at byte $2; There is padding",
    "use the field of this kernel's struct (CO-RE)",
  ),
  plain(
    "Memory",
    "struct-field",
    /^field (\S+) doesn't have size/,
    "the size of the field `$1` is not known; Its type is incomplete in the kernel's types",
    "read it with bpf_probe_read_kernel",
  ),
  plain(
    "Memory",
    "struct-field",
    /^Type '(\S+)' is not a struct/,
    "what is pointed to is not a struct ($1); Only structs are read directly",
    "read it with bpf_probe_read_kernel",
  ),
  plain(
    "Memory",
    "struct-field",
    /^direct access to (\S+) is disallowed/,
    "`$1` may not be read directly; It is protected by something that the program cannot hold",
    "use the helper or kernel function for it",
  ),
  plain(
    "Memory",
    "user-memory",
    /^R(\d+) is ptr_(\S+) access (user|percpu) memory: off=(-?\d+)/,
    "this pointer to struct $2 is into $3 memory, which cannot be read directly; It must be converted or copied first",
    "user memory: bpf_probe_read_user; per-CPU: bpf_this_cpu_ptr or bpf_per_cpu_ptr",
  ),
  plain(
    "Memory",
    "write",
    /^(?:only read (?:is|from (\S+) is) supported)/,
    "a kernel object is written; Programs of this type may only read it",
    "write through a helper or kernel function, or keep your data in a map",
  ),
  plain(
    "Memory",
    "write",
    /^R(\d+) cannot write into (\S+)/,
    "this writes into read-only memory ($2); It may be read only",
    "copy it to the stack or a map and write there",
  ),
  plain(
    "Memory",
    "write",
    /^(?:write into map forbidden|read from map forbidden)(?:, value_size=(\d+) off=(-?\d+) size=(\d+))?/,
    "programs may not do this with the map; It was made with a flag that forbids it (BPF_F_RDONLY_PROG, BPF_F_WRONLY_PROG), or it is `.rodata`",
    "use a map without the flag; a variable that is written must not be `const`",
  ),
  plain(
    "Memory",
    "write",
    /^write to change key R(\d+) not allowed/,
    "the key of a map is written; In callbacks of bpf_for_each_map_elem keys are read-only",
    "copy it to the stack first",
  ),
  plain(
    "Memory",
    "packet-write",
    /^(?:cannot write into packet|the prog does not allow writes to packet data)/,
    "this type of program may not write to the packet; It may only read it",
    "use a program of type tc (sched_cls) or xdp, or bpf_skb_store_bytes where there is one",
  ),
  plain(
    "Memory",
    "map-ptr",
    /^map_ptr access not supported(?: for map type (\d+)| without (\S+))?/,
    "the fields of the map itself cannot be read here; This kernel shows none for it",
    "use the helpers of maps",
  ),
  plain(
    "Memory",
    "map-ptr",
    /^invalid (?:map_ptr to access map->(\w+)|access to map value pointer, value_size=\d+ off=\d+)/,
    "an address outside of the map's value; The value ends before",
    "use an offset inside of the value",
  ),
  plain(
    "Memory",
    "map-ptr",
    /^(?:direct value offset of (\d+) is not allowed|direct value access on string failed|no direct value access support for this map type)/,
    "the address of a value of this map cannot be taken directly; Only arrays with one entry have a fixed address for it",
    "look it up: bpf_map_lookup_elem",
  ),
];

/** The second line alone: its register and what is known of it. */
function offset(one: Case, register: number, what: string): Finding {
  const value = one.value(register);
  const { text } = one.place(one.slot);
  const expression = expressionOf(text);
  const lineage = one.lineage(register, "offset");
  const added = lineage.addition === null || lineage.index === null ? null : one.valueBefore(lineage.addition, lineage.index);
  const fixes = lineage.addition?.instruction.src == null ? [] : [lineage.addition.instruction.src];
  return {
    problem: `${expression === null ? `the offset of this ${accessVerb(one)}` : `the offset in \`${expression}\``} ${what}`,
    reason: `${added === null ? (value === null ? "The offset is not limited" : capital(`r${register} is ${describeValue(value)}`)) : `Added to the pointer is ${describeValue(added)}`}.${cameFrom(one, lineage)}`,
    suggestions: ["check it against both limits right before it is added, as an unsigned number"],
    fixes: fixes.map((index) => ({
      text: "check its upper limit right before it is added: `if (index >= …) return …;`",
      slot: lineage.addition!.slot,
      code: `if r${index} > 7 goto exit`,
    })),
    blame: register,
    follow: "offset",
  };
}

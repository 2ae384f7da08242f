/** The text of `<bpf/bpf_helper_defs.h>`: every helper as a constant pointer to the function whose address is its number. */

import { HELPER, type HelperName } from "../../uapi/helpers.ts";
import { HELPER_PROTOTYPES } from "./helper-prototypes.ts";

const HEAD = `/* SPDX-License-Identifier: Apache-2.0 */
/* Made by scripts/make-c-headers.ts; do not edit. Helpers under the kernel's names: a call of one is a call of its number. */
#ifndef __BPF_HELPER_DEFS_H__
#define __BPF_HELPER_DEFS_H__

/* The integers of <linux/types.h>, the same as there and in vmlinux.h: C allows a type to be named twice. */
typedef unsigned char __u8;
typedef signed char __s8;
typedef unsigned short __u16;
typedef short __s16;
typedef unsigned int __u32;
typedef int __s32;
typedef unsigned long long __u64;
typedef long long __s64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u64 __be64;
typedef __u32 __wsum;

`;

/** Structs that prototypes name, so that no parameter list declares one of its own. */
function structs(): string {
  const texts = Object.values(HELPER_PROTOTYPES).map((prototype) => prototype.join(" "));
  const names = new Set(texts.flatMap((text) => [...text.matchAll(/struct (\w+)/g)].map(([, name]) => name)));
  return [...names]
    .sort()
    .map((name) => `struct ${name};\n`)
    .join("");
}

function definition(name: HelperName): string {
  const [result, parameters] = HELPER_PROTOTYPES[name];
  return `static ${result}${result.endsWith("*") ? "" : " "}(*const ${name})(${parameters}) = (void *)${HELPER[name]};\n`;
}

export function helperDefinitions(): string {
  const names = Object.keys(HELPER) as HelperName[];
  return `${HEAD}${structs()}\n${names.map(definition).join("")}\n#endif /* __BPF_HELPER_DEFS_H__ */\n`;
}

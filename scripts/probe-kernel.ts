/**
 * Measures the kernel that runs here, by loading small programs and reading what the verifier says. Programs are loaded only,
 * never run or attached, and closed at once. As root:
 *
 *     node scripts/probe-kernel.ts contexts     every offset, size and direction of an access, per type of program
 *     node scripts/probe-kernel.ts helpers      which helpers each type of program may call
 *     node scripts/probe-kernel.ts kfuncs       which kernel functions each type of program may call
 *     node scripts/probe-kernel.ts prototypes   what helpers say of wrong arguments
 *     node scripts/probe-kernel.ts rules        what types of programs may return and do with packets, and fields of sockets
 *
 * Prints lines of JSON, which scripts/pack-kernel-tables.ts and the tests of src/verifier/targets read. For another kernel,
 * run it in a guest (test/guest/boot.sh); docs/verifier-targets.md has the steps.
 */

import { contexts } from "./probe-kernel/contexts.ts";
import { helpers, kfuncs } from "./probe-kernel/functions.ts";
import { openProber } from "./probe-kernel/prober.ts";
import { prototypes } from "./probe-kernel/prototypes.ts";
import { rules } from "./probe-kernel/rules.ts";

const PROBES = { contexts, helpers, kfuncs, prototypes, rules };

const probe = Object.entries(PROBES).find(([name]) => name === process.argv[2])?.[1];
if (probe === undefined) throw new Error(`usage: node scripts/probe-kernel.ts ${Object.keys(PROBES).join("|")}`);
for (const row of probe(await openProber())) console.log(JSON.stringify(row));

/**
 * Loads every program of the table into the kernel that runs here and prints what it says of their registers, one program a
 * line: `name<TAB>JSON of Observed`. Run it in a child process, as root: see record.ts.
 */

import { Request } from "../../../src/engine/linux/request.ts";
import { openNative } from "../../../src/engine/linux/sys/native.ts";
import { PROGRAM_TYPE } from "../../../src/uapi/program-types.ts";
import { observe } from "./observe.ts";
import { programs } from "./programs.ts";
import { encoded } from "./table.ts";

const LOG_SIZE = 1 << 20;

const era = Number(process.argv[2]);
const transport = await openNative();
const log = new Uint8Array(LOG_SIZE);
const lines: string[] = [];
for (const [name, program] of programs(era, process.argv[3] === "all")) {
  const code = encoded(program);
  log[0] = 0;
  const result = new Request(transport, "prog_load")
    .u32("prog_type", PROGRAM_TYPE.socket_filter)
    .u32("insn_cnt", code.length / 8)
    .pointer("insns", code)
    .pointer("license", new TextEncoder().encode("GPL\0"))
    .u32("log_level", 2)
    .u32("log_size", LOG_SIZE)
    .pointer("log_buf", log)
    .send();
  if (result >= 0) transport.close(result);
  const text = new TextDecoder().decode(log.subarray(0, log.indexOf(0)));
  if (result < 0) throw new Error(`${name} was refused (${result}): ${text.slice(-2000)}`);
  lines.push(`${name}\t${JSON.stringify(observe(text))}\n`);
}
process.stdout.write(lines.join(""));

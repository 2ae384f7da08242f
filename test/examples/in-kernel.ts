/**
 * A child process: plays an example on packets in this machine's kernel, attached to nothing, and prints what came of it as JSON.
 * `node in-kernel.ts EXAMPLE ts|c`
 */

import { openLinux } from "../../src/engine/linux/engine.ts";
import { type ExampleName, playOf } from "./plays.ts";
import { fromC, fromTypeScript, isWritten } from "./sources.ts";
import { Stage, untyped } from "./stage.ts";

const [, , name, source] = process.argv as [string, string, ExampleName, "ts" | "c"];
const play = playOf(name);
const spec = await (source === "ts" ? fromTypeScript(name) : fromC(name));
const types = isWritten(name) ? await fromTypeScript(name) : spec;
await using engine = await openLinux();
await using collection = await engine.load(untyped(spec), { variables: play.variables ?? {} });
const stage = new Stage(collection, types);
play.set?.(stage);
const given = (await (play.packetsAnyTime ?? play.packets)?.()) ?? [];
const packets = given.map(({ program, packet }) => {
  const result = stage.run(program, { packet });
  return { verdict: result.verdict, packet: Buffer.from(result.packet).toString("hex") };
});
const observed = (play.observeAnyTime ?? play.observe)(stage);
process.stdout.write(JSON.stringify({ packets, observed }, (_, value) => (typeof value === "bigint" ? `${value}n` : value)));

import { test } from "node:test";
import { load } from "skep/test";

type Program = typeof import("./program.bpf.ts");

test("switches are counted by the process that comes next", async () => {
  await using it = await load<Program>(new URL("program.bpf.ts", import.meta.url));
  await it.program("onSwitch").program.attach({});
  const { kernel } = it.engine;
  const [idle, shell] = [kernel.object("task_struct", { tgid: 0 }), kernel.object("task_struct", { tgid: 7 })];
  it.engine.emit("raw_tp/sched_switch", { args: [0, idle, shell] });
  it.engine.emit("raw_tp/sched_switch", { args: [0, shell, idle] });
  it.engine.emit("raw_tp/sched_switch", { args: [0, idle, shell] });
  it.map("switches").expectEntries([
    [7, 2],
    [0, 1],
  ]);
});

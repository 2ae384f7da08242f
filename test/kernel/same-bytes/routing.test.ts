/** Routing in the room and in the kernel: the same routes, the same questions, the same answers to the byte. */

import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { openEmbedded } from "../../../src/engine/embedded/engine.ts";
import { probeLinux } from "../../../src/engine/linux/engine.ts";
import { openLab, probeLab } from "../../support/netns.ts";
import { Conversation } from "../child.ts";
import { compileScenario, missingCompiler } from "./objects.ts";
import { addressOf, observeRouting } from "./observe-routing.ts";
import { COMMANDS, LINKS, questions, room, SETTINGS } from "./routing.ts";
import "../leaks.ts";

const probe = probeLinux();
const skip = missingCompiler() ?? (probe.available ? ((await probeLab()) ?? false) : probe.reason);
const CHILD = fileURLToPath(new URL("./route-in-kernel.ts", import.meta.url));

describe("bpf_fib_lookup and bpf_check_mtu, here and in the kernel", { skip }, () => {
  let lan = 0;
  let wan = 0;
  let theirs: Record<string, readonly string[]> = {};

  before(async () => {
    await using lab = await openLab({ hosts: ["router", "far"], links: LINKS });
    for (const path of SETTINGS) await lab.exec("router", ["tee", path], { input: "1" });
    for (const command of COMMANDS)
      await lab.exec("router", ["ip", ...(/ 2001:/.test(command) ? ["-6"] : []), ...command.split(" ")]);
    const index = async (name: string) =>
      Number((await lab.exec("router", ["ip", "-o", "link", "show", name])).stdout.split(":")[0]);
    lan = await index("lan");
    wan = await index("wan");
    const child = lab.spawn("router", [process.execPath, "--no-warnings", CHILD, String(lan), String(wan)], {
      stdio: ["pipe", "pipe", "pipe"],
    });
    theirs = (await new Conversation(child).hear()) as typeof theirs;
  });

  for (const execution of ["interpreter", "jit"] as const) {
    test(execution, async () => {
      await using engine = openEmbedded({ execution, room: room(lan, wan) });
      const asked = questions(lan, wan, addressOf);
      const ours = await observeRouting(engine, compileScenario("route"), asked);
      for (const [program, answers] of Object.entries(ours))
        answers.forEach((answer, at) => {
          assert.equal(answer, theirs[program]?.[at], `${program}, question ${at}: ${Buffer.from(asked[at]!).toString("hex")}`);
        });
    });
  }
});

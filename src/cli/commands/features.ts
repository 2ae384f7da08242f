/** `skep features [NAME…]`: what the kernel that runs here has, and what this process may do with it. */

import { kernelFeatures } from "../../engine/kernel-features.ts";
import type { Arguments, CommandHelp } from "../arguments.ts";
import { EXIT, type ExitStatus } from "../exit.ts";
import { answersTo } from "../feature-answers.ts";
import { toJson } from "../maps.ts";
import { renderAnswers, renderFeatures } from "../render-features.ts";
import { write } from "../sources.ts";
import { styleFor } from "../terminal.ts";

const help: CommandHelp = {
  name: "features",
  summary: "what the running kernel has, what this process may do, and why not",
  operands: "[NAME…]",
  options: {
    all: {
      help: "ask the kernel about every helper and kernel function of every type of program, where otherwise measurements of its version answer",
    },
    "no-probe": {
      help: "ask the kernel nothing: only its types, its configuration and its version answer, as for somebody without privileges",
    },
  },
  notes: [
    "NAME asks for single things: a type of program, map or link, an attach type, a command, a flag, a helper, a kernel function (ringbuf, tcx_ingress, bpf_loop, v4). The exit status is then 0 when all are there, and 7 when one is not, or nobody knows.",
    "Each is yes, no or unknown, with the first mainline Linux that has it (a distribution's kernel may have it earlier) and the reason. What needs no privileges to be known is known without; the rest is found by loading programs of a few instructions and making maps of one entry, which are closed at once. Nothing is attached.",
    "--verbose lists every feature, helper and function. With --json: one object, of all.",
  ],
  examples: [
    "skep features",
    "skep features ringbuf tcx_ingress bpf_loop",
    "sudo skep features --all --json",
    "skep features --no-probe --verbose",
  ],
};

async function execute(args: Arguments): Promise<ExitStatus> {
  const report = await kernelFeatures({ all: args.flag("all"), probe: !args.flag("no-probe") });
  const style = styleFor(process.stdout);
  const json = args.flag("json");
  if (args.operands.length === 0) {
    await write(json ? `${toJson(report)}\n` : renderFeatures(report, style, { verbose: args.flag("verbose") }));
    return EXIT.ok;
  }
  const answers = answersTo(report, args.operands);
  await write(json ? `${toJson(answers)}\n` : renderAnswers(answers, style));
  return answers.every(({ available }) => available === "yes") ? EXIT.ok : EXIT.feature;
}

export const features = { help, run: execute };

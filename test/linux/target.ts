/**
 * A process that does what it is told, to be observed: lines on its standard input, answers as lines of JSON.
 *
 *     getppid N   spin MS   tcp PORT   udp PORT   socketpair   sockopt   sysctl PATH   open PATH   name   exit
 */

import { createInterface } from "node:readline";
import { ACTIONS } from "./actions.ts";

const say = (answer: unknown) => process.stdout.write(`${JSON.stringify(answer)}\n`);

say(process.pid);
for await (const line of createInterface({ input: process.stdin })) {
  const [verb = "", argument = ""] = line.split(" ");
  if (verb === "exit") break;
  try {
    say((await ACTIONS[verb]?.(argument)) ?? `what is ${verb}?`);
  } catch (error) {
    say({ error: (error as NodeJS.ErrnoException).code ?? String(error) });
  }
}
process.exit(0);

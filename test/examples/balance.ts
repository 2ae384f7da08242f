/**
 * A child process in a network namespace: attaches the load balancer to an interface, serves on the backend's port, and says when it is ready;
 * when its input ends it tells how many packets went either way. `node balance.ts ts|c INTERFACE ADDRESS`
 */

import { once } from "node:events";
import { createServer } from "node:net";
import { openLinux } from "../../src/engine/linux/engine.ts";
import { fromC, fromTypeScript } from "./sources.ts";
import { Stage, untyped } from "./stage.ts";

const [, , source, device = "", address = ""] = process.argv;
const types = await fromTypeScript("l4-redirect");
await using engine = await openLinux();
await using collection = await engine.load(untyped(source === "c" ? await fromC("l4-redirect") : types));
const stage = new Stage(collection, types);
stage.set("services", { address, port: 80, protocol: 6 }, { first: 0, count: 1 });
stage.set("backends", 0, { address, port: 8080 });
await stage.program("ingress").attach({ interface: device, direction: "ingress" });
await stage.program("egress").attach({ interface: device, direction: "egress" });

const server = createServer((socket) => socket.end(`served on ${socket.localPort}\n`));
server.listen(8080, address);
await once(server, "listening");
process.stdout.write("ready\n");
process.stdin.resume();
await once(process.stdin, "end");
const packets = stage.entries("packets").map(([which, count]) => [which, Number(count) > 3]);
process.stdout.write(`${JSON.stringify({ packets, flows: stage.entries("flows").length })}\n`);
process.exit(0);

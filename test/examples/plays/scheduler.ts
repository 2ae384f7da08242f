/** Threads that wake up, wait and run: on two CPUs, by a simple law, so that every wait is known. */

import type { Play } from "../plays.ts";

const [RUNNING, SLEEPING] = [0, 1];

export const waits: Play = {
  happen(engine) {
    const { kernel } = engine;
    const thread = (pid: number, tgid: number, comm: string, state: number) =>
      kernel.object("task_struct", { pid, tgid, comm, __state: state });
    const idle = thread(0, 0, "swapper/0", RUNNING);
    const both = (pid: number, tgid: number, comm: string) => ({
      sleeping: thread(pid, tgid, comm, SLEEPING),
      running: thread(pid, tgid, comm, RUNNING),
    });
    const web = both(100, 100, "web");
    const worker = both(101, 100, "web");
    const batch = both(200, 200, "batch");
    let time = 5_000_000_000;
    const at = (after: number) => ({ time: (time += after) });
    engine.emit("raw_tp/sched_wakeup_new", { args: [batch.running] }, at(1_000));
    for (let round = 0; round < 60; round++) {
      const wait = 1_000 * 2 ** (round % 24) + round;
      engine.emit("raw_tp/sched_wakeup", { args: [web.sleeping] }, at(10));
      engine.emit("raw_tp/sched_switch", { args: [0, idle, web.sleeping, 0] }, at(wait));
      engine.emit("raw_tp/sched_wakeup", { args: [worker.sleeping] }, at(10));
      // The web's thread goes to sleep, its worker runs; then the worker is put off the CPU by the batch, and comes back.
      engine.emit("raw_tp/sched_switch", { args: [0, web.sleeping, worker.sleeping, SLEEPING] }, at(2_000));
      engine.emit("raw_tp/sched_switch", { args: [1, worker.running, batch.running, RUNNING] }, at(30_000));
      engine.emit("raw_tp/sched_switch", { args: [1, batch.running, worker.running, RUNNING] }, at(4_000_000));
      engine.emit("raw_tp/sched_switch", { args: [0, worker.sleeping, idle, SLEEPING] }, at(500));
    }
  },
  observe: (stage) => ({ histograms: stage.entries("histograms"), waiting: stage.entries("waiting") }),
};

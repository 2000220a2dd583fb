"""Turns of a rehearsal in SimPy: 1,000 members, each a process that writes again after a while.

python3 simpy_members.py N
"""

import random
import sys
import time

import simpy

count = int(sys.argv[1])
seen = 0


def member(env, done):
    global seen
    while True:
        yield env.timeout(1 + random.random(), value="hello")
        seen += 1
        if seen == count:
            done.succeed()


env = simpy.Environment()
done = env.event()
for _ in range(1000):
    env.process(member(env, done))
started = time.perf_counter()
env.run(until=done)
print(int(seen / (time.perf_counter() - started)))

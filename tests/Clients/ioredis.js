#!/usr/bin/env node
// Uses every family of commands by ioredis, as an application would, and checks what it gets.
//
//     ioredis.js PORT PROTOCOL
//
// PROTOCOL is 2 or 3. Prints "ok NAME", "missing NAME" (the server has no such commands) or "failed NAME: ..." for
// each family.
"use strict";

const assert = require("node:assert/strict");
const Redis = require("ioredis");

const PATIENCE = 10;
const protocol = Number(process.argv[3] ?? 2);
const options = {
  port: Number(process.argv[2]),
  protocol,
  replyMapping: protocol === 3 ? "resp3" : "legacy",
  retryStrategy: null,
};
const expect = assert.deepEqual;

// What RESP3 has a type for: a score is a number there, and a text in RESP2.
const score = (number) => (protocol === 3 ? number : String(number));

async function expectError(promise, text) {
  await assert.rejects(promise, (error) => error.message.includes(text));
}

/** Fails what would wait for ever. */
function withPatience(promise) {
  let timer;
  const end = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error("no answer")), 2 * PATIENCE * 1000);
  });
  return Promise.race([promise, end]).finally(() => clearTimeout(timer));
}

/** Does something once a client waits in a blocking command, and gives what that command answers. */
async function whileBlocked(r, command, act) {
  const other = r.duplicate();
  try {
    const waiting = command(other);
    while (!/^blocked_clients:1\r$/m.test(await r.info("clients")));
    await act();
    return await waiting;
  } finally {
    other.disconnect();
  }
}

const families = {
  async set_strings(r) {
    expect(await r.set("s", "value", "EX", 100), "OK");
    expect(await r.get("s"), "value");
    expect(await r.set("s", "other", "NX"), null);
    expect(await r.set("s", "other", "XX", "GET"), "value");
    expect(await r.append("s", "!"), 6);
    expect(await r.getrange("s", 1, -2), "ther");
    expect(await r.incrby("n", 41), 41);
    expect(await r.incrbyfloat("n", 0.5), "41.5");
    await expectError(r.incr("s"), "not an integer");
    expect(await r.mset({ a: 1, b: "two" }), "OK");
    expect(await r.mget("a", "b", "missing"), ["1", "two", null]);
    expect(await r.setBuffer("binary", Buffer.from([0, 13, 10, 255])), Buffer.from("OK"));
    expect(await r.getBuffer("binary"), Buffer.from([0, 13, 10, 255]));
    expect(await r.getdel("a"), "1");
    expect(await r.lcs("s", "b"), "t");
  },

  async scan_keys(r) {
    await Promise.all(Array.from({ length: 200 }, (_, i) => r.set(`key:${i}`, i)));
    const found = new Set();
    for await (const page of r.scanStream({ match: "key:1*", count: 20 })) {
      page.forEach((key) => found.add(key));
    }
    expect(found.size, 111);
    expect(await r.exists("key:1", "key:2", "missing"), 2);
    expect(await r.expire("key:1", 100), 1);
    expect(await r.persist("key:1"), 1);
    expect(await r.pttl("key:1"), -1);
    expect(await r.type("key:1"), "string");
    expect(await r.rename("key:1", "renamed"), "OK");
    expect(await r.object("ENCODING", "renamed"), "int");
    expect(await r.copy("renamed", "copied", "DB", 2), 1);
    expect(await r.unlink("renamed", "key:2", "missing"), 2);
    expect(await r.dbsize(), 198);
  },

  async lpush_lists(r) {
    expect(await r.rpush("l", 1, 2, 3, 4), 4);
    expect(await r.lpush("l", "first"), 5);
    expect(await r.lrange("l", 0, 2), ["first", "1", "2"]);
    expect(await r.lpos("l", 3), 3);
    expect(await r.lset("l", 0, "0"), "OK");
    expect(await r.linsert("l", "AFTER", "0", "half"), 6);
    expect(await r.lrem("l", 1, "half"), 1);
    expect(await r.lmove("l", "m", "RIGHT", "LEFT"), "4");
    expect(await r.lpop("l", 2), ["0", "1"]);
    expect(await r.lmpop(2, "none", "l", "RIGHT"), ["l", ["3"]]);
    expect(await r.ltrim("l", 1, 0), "OK");
    expect(await r.llen("l"), 0);
  },

  async hset_hashes(r) {
    expect(await r.hset("h", { f: 1, g: "two" }), 2);
    expect(await r.hgetall("h"), { f: "1", g: "two" });
    expect(await r.hmget("h", "g", "missing"), ["two", null]);
    expect(await r.hincrby("h", "f", 41), 42);
    expect(await r.hincrbyfloat("h", "f", 0.5), "42.5");
    expect(await r.hdel("h", "f"), 1);
    expect(await r.hrandfield("h", 1, "WITHVALUES"), protocol === 3 ? [["g", "two"]] : ["g", "two"]);
    await r.hset("many", Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`f${i}`, i])));
    let fields = 0;
    for await (const page of r.hscanStream("many")) {
      fields += page.length / 2;
    }
    expect(fields, 1000);
  },

  async sadd_sets(r) {
    expect(await r.sadd("s1", 1, 2, 3), 3);
    expect(await r.sadd("s2", "2", "3", "text"), 3);
    expect([...(await r.sinter("s1", "s2"))].sort(), ["2", "3"]);
    expect([...(await r.smembers("s1"))].sort(), ["1", "2", "3"]);
    expect(await r.sdiffstore("s3", "s2", "s1"), 1);
    expect([...(await r.spop("s3", 1))], ["text"]);
    expect(await r.smismember("s1", 1, 9), [1, 0]);
    expect(await r.sintercard(2, "s1", "s2"), 2);
    expect(await r.smove("s1", "s2", 1), 1);
    expect(await r.scard("s2"), 4);
  },

  async zadd_sorted_sets(r) {
    expect(await r.zadd("z", 1, "a", 2.5, "b", "+inf", "c"), 3);
    const pairs = protocol === 3 ? [["a", 1], ["b", 2.5]] : ["a", "1", "b", "2.5"];
    expect(await r.zrange("z", 0, 1, "WITHSCORES"), pairs);
    expect(await r.zscore("z", "c"), protocol === 3 ? Infinity : "inf");
    expect(await r.zadd("z", "INCR", 1, "a"), score(2));
    expect(await r.zincrby("z", 0.25, "a"), score(2.25));
    expect(await r.zrangebyscore("z", "(2.25", "+inf", "LIMIT", 0, 1), ["b"]);
    expect(await r.zrevrank("z", "c"), 0);
    expect(await r.zmscore("z", "b", "missing"), [score(2.5), null]);
    expect(await r.zrangestore("t", "z", 0, -1, "REV"), 3);
    expect(await r.zpopmin("t"), ["a", score(2.25)]);
    expect(await r.zunion(2, "z", "t", "WEIGHTS", 1, 2), ["a", "b", "c"]);
    expect(await r.zremrangebyscore("z", 2, 3), 2);
    expect(await r.zcard("z"), 1);
  },

  async xadd_streams(r) {
    expect(await r.xadd("x", "1-1", "f", "v"), "1-1");
    expect(await r.xadd("x", "MAXLEN", "~", 100, "1-*", "f", "w"), "1-2");
    expect(await r.xrange("x", "-", "+"), [["1-1", ["f", "v"]], ["1-2", ["f", "w"]]]);
    const entries = (list) => (protocol === 3 ? { x: list } : [["x", list]]);
    expect({ ...(await r.xread("COUNT", 1, "STREAMS", "x", "0")) }, { ...entries([["1-1", ["f", "v"]]]) });
    expect(await r.xgroup("CREATE", "x", "g", "0"), "OK");
    expect({ ...(await r.xreadgroup("GROUP", "g", "c", "COUNT", 1, "STREAMS", "x", ">")) },
      { ...entries([["1-1", ["f", "v"]]]) });
    expect(await r.xpending("x", "g"), [1, "1-1", "1-1", [["c", "1"]]]);
    expect(await r.xautoclaim("x", "g", "d", 0, "0"), ["0-0", [["1-1", ["f", "v"]]], []]);
    expect(await r.xack("x", "g", "1-1"), 1);
    const info = await r.xinfo("STREAM", "x");
    expect(protocol === 3 ? info.length : info[info.indexOf("length") + 1], 2);
    expect(await r.xdel("x", "1-1"), 1);
    expect(await r.xtrim("x", "MAXLEN", 0), 1);
    expect(await r.xlen("x"), 0);
  },

  async setbit_bitmaps(r) {
    expect(await r.setbit("b", 7, 1), 0);
    expect(await r.getbit("b", 7), 1);
    expect(await r.bitcount("b", 0, -1, "BIT"), 1);
    expect(await r.bitpos("b", 1), 7);
    expect(await r.bitop("NOT", "c", "b"), 1);
    expect(await r.getBuffer("c"), Buffer.from([0xfe]));
    expect(await r.bitfield("f", "SET", "u8", 0, 250, "OVERFLOW", "FAIL", "INCRBY", "u8", 0, 10), [0, null]);
  },

  async pfadd_hyperloglog(r) {
    expect(await r.pfadd("p", "a", "b", "c"), 1);
    expect(await r.pfadd("q", "c", "d"), 1);
    expect(await r.pfcount("p", "q"), 4);
    expect(await r.pfmerge("u", "p", "q"), "OK");
    expect(await r.pfcount("u"), 4);
  },

  async geoadd_geo(r) {
    expect(await r.geoadd("g", 13.361389, 38.115556, "Palermo", 15.087269, 37.502669, "Catania"), 2);
    expect(await r.geodist("g", "Palermo", "Catania"), "166274.1516");
    expect(await r.geohash("g", "Palermo", "Catania"), ["sqc8b49rny0", "sqdtr74hyu0"]);
    expect(await r.geosearch("g", "FROMLONLAT", 15, 37, "BYBOX", 400, 400, "km", "ASC", "WITHDIST"),
      [["Catania", "56.4413"], ["Palermo", "190.4424"]]);
    expect((await r.geopos("g", "Palermo", "missing")).map((p) => p && p.map((c) => Number(c).toFixed(4))),
      [["13.3614", "38.1156"], null]);
  },

  async multi_transactions(r) {
    expect(await r.multi().set("t", 1).incr("t").get("t").exec(), [[null, "OK"], [null, 2], [null, "2"]]);
    expect(await r.watch("t"), "OK");
    const other = r.duplicate();
    await other.set("t", 10);
    other.disconnect();
    expect(await r.multi().incr("t").exec(), null);
    const answers = await r.multi().set("t", "text").incr("t").get("t").exec();
    expect([answers[0][1], answers[1][0].message.includes("not an integer"), answers[2][1]], ["OK", true, "text"]);
    const many = r.pipeline();
    for (let i = 0; i < 1000; i++) {
      many.incr("n");
    }
    expect((await many.exec()).at(-1), [null, 1000]);
  },

  async blpop_blocking(r) {
    expect(await whileBlocked(r, (o) => o.blpop("l1", "l2", PATIENCE), () => r.rpush("l2", "v")), ["l2", "v"]);
    const move = (other) => other.blmove("l1", "l2", "LEFT", "RIGHT", PATIENCE);
    const moved = await whileBlocked(r, move, () => r.rpush("l1", "w"));
    expect(moved, "w");
    expect(await r.brpop("l1", 0.01), null);
  },

  async bzpopmin_blocking_sorted_sets(r) {
    const popped = await whileBlocked(r, (o) => o.bzpopmin("z", PATIENCE), () => r.zadd("z", 1.5, "m"));
    expect(popped, ["z", "m", score(1.5)]);
    expect(await r.bzpopmax("z", 0.01), null);
  },

  async xreadgroup_blocking_streams(r) {
    const read = await whileBlocked(r, (o) => o.xread("BLOCK", PATIENCE * 1000, "STREAMS", "x", "$"),
      () => r.xadd("x", "5-0", "f", "v"));
    expect((protocol === 3 ? Object.entries(read) : read)[0], ["x", [["5-0", ["f", "v"]]]]);
  },

  async subscribe_publish_subscribe(r) {
    const channel = r.duplicate();
    try {
      const messages = [];
      const complete = new Promise((resolve) => {
        const note = (...message) => messages.push(message) === 2 && resolve();
        channel.on("message", note);
        channel.on("pmessage", note);
      });
      expect(await channel.subscribe("news", "sports"), 2);
      expect(await channel.psubscribe("n*"), 3);
      expect(await r.publish("news", "hello"), 2);
      await complete;
      expect(messages, [["news", "hello"], ["n*", "news", "hello"]]);
      expect(await r.pubsub("NUMSUB", "news", "none"), ["news", 1, "none", 0]);
      expect(await channel.unsubscribe("news", "sports"), 1);
      expect(await channel.punsubscribe("n*"), 0);
      expect(await channel.ping(), "PONG");
    } finally {
      channel.disconnect();
    }
  },

  async sort_sorting(r) {
    await r.rpush("l", 3, 1, 2);
    await r.mset({ "w:1": 9, "w:2": 8, "w:3": 7 });
    expect(await r.sort("l"), ["1", "2", "3"]);
    expect(await r.sort("l", "BY", "w:*", "LIMIT", 0, 2, "GET", "#", "GET", "w:*"), ["3", "7", "2", "8"]);
  },

  async info_server(r) {
    expect(await r.ping("text"), "text");
    assert.match(await r.info("server"), /redis_version:7\.0\.15/);
    expect(await r.client("SETNAME", "tester"), "OK");
    expect(await r.client("GETNAME"), "tester");
    const directives = await r.config("GET", "maxmemory");
    expect(protocol === 3 ? { ...directives } : directives, protocol === 3 ? { maxmemory: "0" } : ["maxmemory", "0"]);
    expect(await r.swapdb(0, 1), "OK");
  },
};

async function main() {
  const r = new Redis(options);
  const known = new Set(await r.command("LIST"));
  for (const [title, run] of Object.entries(families)) {
    const [command, ...words] = title.split("_");
    const name = words.join("_");
    if (!known.has(command)) {
      console.log(`missing ${name}`);
      continue;
    }
    await r.flushall();
    try {
      await withPatience(run(r));
      console.log(`ok ${name}`);
    } catch (error) {
      process.exitCode = 1;
      const at = /ioredis\.js:(\d+)/.exec(error.stack);
      console.log(`failed ${name}: line ${at?.[1]}: ${error.message.replaceAll("\n", " ")}`);
    }
  }
  // Not to wait for connections that a failure left open.
  process.exit();
}

main();

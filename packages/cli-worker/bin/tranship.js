#!/usr/bin/env node
import { createRequire } from "node:module";
import process from "node:process";

console.log(createRequire(import.meta.url)("../package.json").version, process.version);

import { ODD_REFERENCES, readThroughProxy } from "./odd-references.ts";
import { describeOdd } from "./run-program.ts";

describeOdd("references", ODD_REFERENCES, readThroughProxy);

import { ODD_REFERENCES, readThroughProxy } from "./odd-references.ts";
import { describeOddPeers } from "./run-program.ts";

describeOddPeers("references", ODD_REFERENCES, readThroughProxy);

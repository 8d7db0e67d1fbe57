import { ODD_CREDENTIALS, readWithCredentials } from "./odd-credentials.ts";
import { describeOddPeers } from "./run-program.ts";

describeOddPeers("credentials", ODD_CREDENTIALS, readWithCredentials);

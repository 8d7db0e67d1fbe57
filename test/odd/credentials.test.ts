import { ODD_CREDENTIALS, readWithCredentials } from "./odd-credentials.ts";
import { describeOdd } from "./run-program.ts";

describeOdd("credentials", ODD_CREDENTIALS, readWithCredentials);

import { meetFaults } from "./meet-faults.ts";
import { sampleOriginal } from "./original-image.ts";

meetFaults("a sample image", sampleOriginal);

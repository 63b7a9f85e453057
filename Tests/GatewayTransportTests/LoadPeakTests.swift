// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayTransport
import Testing

@Suite("Peaks of load")
struct LoadPeakTests {
    @Test("Memory goes back once a peak has passed and calm lasts, and once for each peak")
    func passes() {
        var peak = LoadPeak()
        check(peak.hasPassed(requests: 4_000, bodyBytes: 0), false)
        check(peak.hasPassed(requests: 0, bodyBytes: 0), false)
        check(peak.hasPassed(requests: 0, bodyBytes: 0), true)
        for _ in 0..<10 { check(peak.hasPassed(requests: 10, bodyBytes: 0), false) }
        check(peak.hasPassed(requests: 2, bodyBytes: 100 << 20), false)
        check(peak.hasPassed(requests: 2, bodyBytes: 1 << 20), false)
        check(peak.hasPassed(requests: 2, bodyBytes: 1 << 20), true)
    }

    @Test("A load that goes up and down, or that stays small, costs nothing")
    func goesOn() {
        var peak = LoadPeak()
        for round in 0..<20 { check(peak.hasPassed(requests: round % 2 == 0 ? 4_000 : 100, bodyBytes: 0), false) }
        var small = LoadPeak()
        for round in 0..<20 { check(small.hasPassed(requests: round < 10 ? 400 : 0, bodyBytes: 1 << 20), false) }
        var steady = LoadPeak()
        for _ in 0..<20 { check(steady.hasPassed(requests: 4_000, bodyBytes: 200 << 20), false) }
    }
}

// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayPipeline
import Testing

@Suite("Request ids")
struct RequestIDTests {
    @Test("Ids are version 4 UUIDs and never repeat, wherever the counter starts")
    func unique() {
        // The counter starts at a random number and wraps: an earlier version trapped half of the time.
        for _ in 0..<50 {
            let ids = RequestIDs()
            var seen: Set<String> = []
            for _ in 0..<1000 {
                let text = ids.next().text
                #expect(text.utf8.count == 36)
                #expect(Array(text)[14] == "4")
                #expect("89ab".contains(Array(text)[19]))
                #expect(seen.insert(text).inserted)
            }
        }
    }
}

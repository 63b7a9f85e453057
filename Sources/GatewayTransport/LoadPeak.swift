// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// Notices that a peak of load has passed, so that the memory it took can go back to the system.
///
/// No clock: it is asked at regular times.
package struct LoadPeak: Sendable {
    /// About what a request takes that is being served, beside its body, in bytes.
    private static let bytesPerRequest = 24 << 10
    /// A smaller peak leaves too little behind to be worth the work, in bytes.
    private static let smallestPeak = 16 << 20

    private var peak = 0
    private var isCalm = false

    package init() {}

    /// Takes the load of the moment.
    ///
    /// - Parameters:
    ///   - requests: Requests that are being served.
    ///   - bodyBytes: Bytes of their bodies.
    /// - Returns: Whether the load has been at most a quarter of its peak twice in a row; then the peak begins anew.
    package mutating func hasPassed(requests: Int, bodyBytes: Int) -> Bool {
        let load = requests * Self.bytesPerRequest + bodyBytes
        peak = max(peak, load)
        let wasCalm = isCalm
        isCalm = peak >= Self.smallestPeak && load <= peak / 4
        guard isCalm, wasCalm else { return false }
        peak = load
        isCalm = false
        return true
    }
}

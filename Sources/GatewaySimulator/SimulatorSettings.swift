// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// The default behaviour of a simulator.
package struct SimulatorSettings: Sendable {
    /// The key that callers must present; nil: any, but not none.
    package var apiKey: String?
    package var pace: Pace
    /// Decides which signatures and encrypted reasoning are recognised: only those of simulators with the same text here.
    package var stateKey: String
    package var catalog: SimulatedCatalog
    /// Seconds since 1970 UTC for the timestamps in responses.
    ///
    /// The default is constant, so that equal requests get equal responses.
    package var clock: @Sendable () -> Int

    package init(
        apiKey: String? = nil,
        pace: Pace = Pace(),
        stateKey: String = "gatehouse",
        catalog: SimulatedCatalog = SimulatedCatalog(),
        clock: @escaping @Sendable () -> Int = { 1_793_610_000 }
    ) {
        self.apiKey = apiKey
        self.pace = pace
        self.stateKey = stateKey
        self.catalog = catalog
        self.clock = clock
    }
}

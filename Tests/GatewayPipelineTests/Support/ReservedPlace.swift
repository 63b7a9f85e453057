// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayPipeline

/// A place in a usage queue that a test can keep in an array: a ``Reservation`` itself cannot be copied.
final class ReservedPlace {
    private var reservation: Reservation?

    /// nil if all places are taken.
    init?(in queue: UsageQueue) {
        guard let reservation = queue.reserve() else { return nil }
        self.reservation = consume reservation
    }

    func finish(_ record: UsageRecord) { reservation.take()?.finish(record) }
}

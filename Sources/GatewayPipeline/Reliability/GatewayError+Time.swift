// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore

extension GatewayError {
    /// What a call ends with that had no answer in the time that its service gives it.
    static var outOfTime: GatewayError {
        GatewayError(
            .upstreamTimeout,
            "No destination answered within the time that the model service allows (`timeouts.total`)."
        )
    }
}

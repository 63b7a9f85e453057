// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayConfiguration
import GatewayCore
import GatewayPipeline
import GatewayProviders
import GatewayTransport
import NIOPosix

/// The built-in simulator on a loopback port of its own: to the gateway it is an upstream like any other.
struct SimulatorListener {
    let listener: Listener
    let address: SimulatorAddress

    /// Starts it where the configuration wants simulated models; nil where it does not.
    static func start(
        ifWantedBy settings: ServerProcess.Settings,
        group: MultiThreadedEventLoopGroup
    ) async throws -> SimulatorListener? {
        nil
    }
}

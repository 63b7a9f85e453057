// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Foundation
import GatewayConfiguration
import GatewayCore

/// Reads a configuration as `gatehouse serve` would, without serving: for commands that look at one.
enum OfflineConfiguration {
    /// Reads configurations in the environment of this process, as if the simulator ran.
    static var reader: ConfigurationReader {
        SnapshotSource.reader(
            environment: ProcessInfo.processInfo.environment,
            simulator: SimulatorAddress(port: 1, apiKey: "offline")
        )
    }

    /// The configuration of a file; without a file the built-in one, in the environment of this process.
    ///
    /// The simulator need not run for that.
    /// - Throws: what is wrong with the file, with one line for each problem.
    static func read(file: String?) throws -> Configuration {
        guard let file else { return try reader.builtIn() }
        return try reader.read(file: file, contents: try SnapshotSource.contents(of: file))
    }

    /// Writes a failure, one line for each thing that is wrong, to standard error.
    static func report(_ error: any Error) {
        FileHandle.standardError.write(Data("\(error)\n".utf8))
    }
}

// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
import NIOCore

/// Serves the simulator to a listener: reads the request, plays the script.
package struct SimulatorResponder: HTTPResponder {
    private let simulator: Simulator
    /// Whoever calls the simulator is one caller to it.
    private let account = CallerAccount()
    private let largeBodies: LargeBodies

    package init(_ simulator: Simulator = Simulator(), largeBodies: LargeBodies = LargeBodies()) {
        self.simulator = simulator
        self.largeBodies = largeBodies
    }

    /// Serves one request to its end; `upstream` is not used.
    package func respond(to exchange: any HTTPExchange, upstream: any UpstreamClient) async {
        let request = exchange.request
        if let refusal = simulator.refusal(of: request) { return await play(refusal, on: exchange) }
        let body: ByteBuffer
        do throws(GatewayError) {
            body = try await exchange.body(for: account)
        } catch {
            return await play(simulator.script(for: error, in: request), on: exchange)
        }
        let script: Script
        do throws(GatewayError) {
            script = try await largeBodies.run(
                over: body.readableBytes,
                awaiting: { () throws(GatewayError) in simulator.script(for: request, body: body) }
            )
        } catch {
            // The client has left.
            return exchange.abort()
        }
        await play(script, on: exchange)
    }

    /// Longest silence: a client that waits for more than an hour is let go.
    private static let longestSilence = Duration.seconds(3_600)

    /// Steps without a delay between them go out in one write, up to this many bytes.
    private static let largestWrite = 16 << 10

    private func play(_ script: Script, on exchange: any HTTPExchange) async {
        if !script.isStream {
            let step = script.steps.first ?? Script.Step(bytes: ByteBuffer())
            if step.delay > .zero { try? await Task.sleep(for: step.delay) }
            return exchange.send(status: script.status, headers: script.headers, body: step.bytes)
        }
        if script.steps.isEmpty, script.ending == .silent {
            try? await Task.sleep(for: Self.longestSilence)
        }
        exchange.start(status: script.status, headers: script.headers)
        var pending = ByteBuffer()
        for step in script.steps {
            if step.delay > .zero || pending.readableBytes + step.bytes.readableBytes > Self.largestWrite {
                guard await write(&pending, to: exchange) else { return exchange.abort() }
                if step.delay > .zero {
                    do { try await Task.sleep(for: step.delay) } catch { return exchange.abort() }
                }
            }
            if pending.readableBytes == 0 {
                pending = step.bytes
            } else {
                pending.writeImmutableBuffer(step.bytes)
            }
        }
        switch script.ending {
        case .complete:
            exchange.finish(pending)
        case .broken, .silent:
            if await write(&pending, to: exchange), script.ending == .silent {
                try? await Task.sleep(for: Self.longestSilence)
            }
            exchange.abort()
        }
    }

    /// Writes what has been collected.
    ///
    /// - Returns: whether the client is still there.
    private func write(_ pending: inout ByteBuffer, to exchange: any HTTPExchange) async -> Bool {
        guard pending.readableBytes > 0 else { return true }
        do throws(GatewayError) {
            try await exchange.write(pending)
        } catch {
            return false
        }
        pending = ByteBuffer()
        return true
    }
}

// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import Logging

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// How many files and sockets the process may have open: the limit is raised as far as it goes, and what does not fit into it is given up in good time.
struct DescriptorLimit {
    /// Descriptors at most; `.max` where there is no limit.
    let descriptors: Int

    /// Databases, logs, event loops.
    private static let ownDescriptors = 64

    /// Raises the soft limit (`RLIMIT_NOFILE`, often 1,024) to the hard one, which needs no privilege.
    static func raise() -> DescriptorLimit {
        #if canImport(Glibc)
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        #else
        let resource = RLIMIT_NOFILE
        #endif
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0 else { return DescriptorLimit(descriptors: .max) }
        var raised = limit
        raised.rlim_cur = raised.rlim_max
        if setrlimit(resource, &raised) == 0 { limit = raised }
        return DescriptorLimit(descriptors: Int(clamping: limit.rlim_cur))
    }

    /// The server's settings with no more connections than leave a quarter of the descriptors to upstreams and files.
    ///
    /// Clients that take all descriptors would keep the gateway from calling anybody, so the bound must come first.
    func fit(_ server: Configuration.Server) -> Configuration.Server {
        guard descriptors < wanted(by: server) else { return server }
        var fitted = server
        let most = (descriptors - Self.ownDescriptors) / 4 * 3
        fitted.maximumConnections = max(1, min(server.maximumConnections, most))
        return fitted
    }

    /// The descriptors of all connections, each with one to an upstream.
    private func wanted(by server: Configuration.Server) -> Int {
        2 * server.maximumConnections + Self.ownDescriptors
    }

    /// Logs if there are fewer descriptors than the settings call for.
    func report(on server: Configuration.Server, logger: Logger) {
        guard descriptors < wanted(by: server) else { return }
        let served = fit(server).maximumConnections
        // Most machines have some less than the default asks for, and never need it.
        logger.log(
            level: served < server.maximumConnections / 2 ? .warning : .debug,
            "The limit of open files is too low for this many connections, each with one to an upstream. Raise it (`ulimit -Hn`, `LimitNOFILE=`), or lower `server.max_connections`",
            metadata: [
                "open_files": "\(descriptors)", "wanted": "\(wanted(by: server))",
                "server.max_connections": "\(server.maximumConnections)",
                "connections_served": "\(served)",
            ]
        )
    }
}

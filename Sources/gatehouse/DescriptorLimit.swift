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
    func fit(_ server: Configuration.Server, logger: Logger) -> Configuration.Server {
        let wanted = 2 * server.maximumConnections + Self.ownDescriptors
        guard descriptors < wanted else { return server }
        var server = server
        let connections = server.maximumConnections
        server.maximumConnections = max(1, min(connections, (descriptors - Self.ownDescriptors) / 4 * 3))
        logger.warning(
            "The limit of open files is low for so many connections, each with one to an upstream. Raise it (`ulimit -Hn`, `LimitNOFILE=`), or lower `server.max_connections`",
            metadata: [
                "open_files": "\(descriptors)", "wanted": "\(wanted)", "server.max_connections": "\(connections)",
                "connections_served": "\(server.maximumConnections)",
            ]
        )
        return server
    }
}

// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import PackageDescription

// Fuzzing has a package of its own, since every module of it is instrumented. `Sources/GatewayJSON` is a link to the
// gateway's: what it declares is visible within one package only.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .unsafeFlags(["-sanitize=fuzzer,address", "-parse-as-library"]),
]

let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")

let package = Package(
    name: "gatehouse-fuzz",
    platforms: [.macOS(.v15)],
    dependencies: [.package(url: "https://github.com/apple/swift-nio", from: "2.101.0")],
    targets: [
        .target(name: "GatewayJSON", dependencies: [nioCore], swiftSettings: settings),
        .executableTarget(
            name: "json-fuzz",
            dependencies: ["GatewayJSON", nioCore],
            swiftSettings: settings,
            linkerSettings: [.unsafeFlags(["-sanitize=fuzzer,address", "-use-ld=lld"])]
        ),
    ]
)

// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

// For modules of values alone: what would be checked at run time there is the memory behind each byte buffer, at every write.
// The compiler still proves exclusive access to all that is theirs.
let valueSettings = settings + [.unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release))]

// The code under test is optimised, the tests need not be: that takes minutes.
let testSettings = settings + [.unsafeFlags(["-Onone"], .when(configuration: .release))]

let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioEmbedded: Target.Dependency = .product(name: "NIOEmbedded", package: "swift-nio")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let cryptoExtras: Target.Dependency = .product(name: "CryptoExtras", package: "swift-crypto")
let jwtKit: Target.Dependency = .product(name: "JWTKit", package: "jwt-kit")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let serviceLifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")

let package = Package(
    name: "gatehouse",
    platforms: [.macOS(.v15)],
    products: [.executable(name: "gatehouse", targets: ["gatehouse"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0", traits: []),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.0"),
    ],
    targets: [
        .target(name: "GatewayJSON", dependencies: [nioCore], swiftSettings: valueSettings),
        .target(name: "GatewayCore", dependencies: ["GatewayJSON", nioCore, nioHTTP1], swiftSettings: settings),
        .target(
            name: "GatewayTransport",
            dependencies: [
                "CAllocator", "CZlib", "GatewayCore", nioCore, nioHTTP1, nioPosix, nioSSL, logging,
                .product(name: "NIOTLS", package: "swift-nio"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "GatewayPipeline",
            dependencies: ["GatewayCore", "GatewayIdentity", "GatewayJSON", nioCore, nioHTTP1, crypto, logging],
            swiftSettings: settings
        ),
        .target(
            name: "GatewayServer",
            dependencies: [
                "GatewayCore", "GatewayPipeline", "GatewayGovernance", "GatewayIdentity", "GatewaySchema",
                "GatewayJSON", nioCore, nioHTTP1,
                logging,
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "GatewayDialects",
            dependencies: ["GatewayCore", "GatewayJSON", nioCore],
            swiftSettings: valueSettings
        ),
        .target(
            name: "GatewayProviders",
            dependencies: ["GatewayCore", "GatewayJSON", nioCore, crypto, cryptoExtras],
            swiftSettings: settings
        ),
        .target(
            name: "GatewayGovernance",
            dependencies: ["GatewayCore", "GatewayJSON", nioCore, crypto],
            swiftSettings: settings
        ),
        .target(
            name: "GatewaySchema",
            dependencies: ["GatewayCore", "GatewayJSON", nioCore],
            swiftSettings: settings
        ),
        .target(
            name: "GatewayConfiguration",
            dependencies: [
                "GatewayCore", "GatewaySchema", "GatewayJSON", nioCore, .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "GatewayStorage",
            dependencies: [
                "GatewayCore", "GatewayJSON", nioCore, .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
            ],
            swiftSettings: settings
        ),
        .target(name: "GatewaySQL", dependencies: ["GatewayCore", "GatewayJSON", nioCore], swiftSettings: settings),
        .target(
            name: "GatewayIdentity",
            dependencies: ["GatewayCore", "GatewayJSON", nioCore, crypto, jwtKit],
            swiftSettings: settings
        ),
        .target(
            name: "GatewaySimulator",
            dependencies: ["GatewayCore", "GatewayJSON", nioCore, nioHTTP1, crypto],
            swiftSettings: settings
        ),
        .target(name: "CAllocator"),
        .systemLibrary(name: "CZlib"),
        .executableTarget(
            name: "gatehouse",
            dependencies: [
                "CAllocator",
                "GatewayCore", "GatewayPipeline", "GatewayTransport", "GatewayServer", "GatewayGovernance",
                "GatewayIdentity", "GatewaySchema",
                "GatewayDialects",
                "GatewayProviders", "GatewayJSON",
                "GatewayConfiguration", "GatewayStorage", "GatewaySQL", "GatewaySimulator", nioCore, nioPosix, logging,
                nioHTTP1,
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings,
            linkerSettings: [
                // The Swift runtime and Foundation go into the binary. Only its link is static, so that tests share the same objects.
                .unsafeFlags(
                    [
                        "-static-stdlib", "-lCoreFoundation", "-l_FoundationICU", "-l_FoundationCShims",
                        "-l_FoundationCollections", "-lswiftSynchronization", "-Xlinker", "--strip-debug",
                    ],
                    .when(platforms: [.linux])
                )
            ]
        ),
        .executableTarget(
            name: "json-bench",
            dependencies: ["GatewayJSON", nioCore],
            path: "Benchmarks/JSON",
            swiftSettings: settings
        ),
        .executableTarget(
            name: "dialects-bench",
            dependencies: ["GatewayDialects", "GatewayCore", "GatewayJSON", nioCore],
            path: "Benchmarks/Dialects",
            swiftSettings: settings
        ),
        .executableTarget(
            name: "growth-check",
            dependencies: [
                "GatewayDialects", "GatewaySimulator", "GatewayCore", "GatewayJSON", nioCore, nioHTTP1,
            ],
            path: "Benchmarks/Growth",
            swiftSettings: settings
        ),
        .testTarget(
            name: "GatewayJSONTests",
            dependencies: ["GatewayJSON", nioCore],
            swiftSettings: testSettings
        ),
        // Dialects that no source file knows, for the suites that every dialect passes.
        .target(
            name: "MadeUpDialects",
            dependencies: ["GatewayDialects", "GatewayCore", "GatewayJSON", nioCore],
            path: "Tests/MadeUpDialects",
            swiftSettings: testSettings
        ),
        .testTarget(
            name: "GatewayCoreTests",
            dependencies: ["GatewayCore"],
            swiftSettings: testSettings
        ),
        .testTarget(
            name: "GatewayGovernanceTests",
            dependencies: ["GatewayGovernance", "GatewayCore"],
            swiftSettings: testSettings
        ),
        .testTarget(
            name: "GatewayServerTests",
            dependencies: [
                "GatewayServer", "GatewayPipeline", "GatewayDialects", "GatewayGovernance", "GatewayIdentity",
                "GatewayCore", "GatewayJSON", nioCore, nioHTTP1, logging,
            ],
            swiftSettings: testSettings
        ),
        .testTarget(
            name: "GatewayDialectsTests",
            dependencies: ["GatewayDialects", "MadeUpDialects", "GatewayCore", "GatewayJSON", nioCore, nioHTTP1],
            exclude: ["Fixtures"],
            swiftSettings: testSettings
        ),
        .testTarget(
            name: "GatewayProvidersTests",
            dependencies: [
                "GatewayProviders", "GatewayDialects", "GatewayCore", "GatewayJSON", nioCore, crypto, cryptoExtras,
            ],
            exclude: ["Fixtures"],
            swiftSettings: testSettings
        ),
        .testTarget(
            name: "GatewayConfigurationTests",
            dependencies: ["GatewayConfiguration", "GatewaySchema", "GatewayProviders", "GatewayCore", cryptoExtras],
            swiftSettings: testSettings
        ),
        .testTarget(
            name: "GatewayStorageTests",
            dependencies: [
                "GatewayStorage", "GatewayCore", "GatewayJSON", nioCore, .product(name: "GRDB", package: "GRDB.swift"),
            ],
            exclude: ["Fixtures"],
            swiftSettings: testSettings
        ),
        .testTarget(
            name: "GatewaySQLTests",
            dependencies: ["GatewaySQL", "GatewayStorage", "GatewayCore", "GatewayJSON", nioCore],
            swiftSettings: testSettings
        ),
        .testTarget(
            name: "GatewayIdentityTests",
            dependencies: ["GatewayIdentity", "GatewayCore", "GatewayJSON", nioCore, crypto, cryptoExtras, jwtKit],
            swiftSettings: testSettings
        ),
        .testTarget(
            name: "GatewaySimulatorTests",
            dependencies: ["GatewaySimulator", "GatewayCore", "GatewayJSON", nioCore, nioHTTP1],
            swiftSettings: testSettings
        ),
        .testTarget(
            name: "GatewayTransportTests",
            dependencies: ["GatewayTransport", "CZlib", "GatewayCore", nioCore, nioHTTP1, nioPosix, nioSSL],
            swiftSettings: testSettings
        ),
        .testTarget(
            name: "GatewayPipelineTests",
            dependencies: [
                "GatewayPipeline", "GatewayDialects", "MadeUpDialects", "GatewayCore", "GatewayJSON", nioCore, nioHTTP1,
                logging,
            ],
            swiftSettings: testSettings
        ),
    ]
)

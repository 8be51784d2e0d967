import ArgumentParser

@main
struct Plantwright: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Turns machine telemetry into ERP work.")
}

// Queries, close codes and limits of HTTPWire are part of this module's interface: whoever writes routes should not
// have to import a second module for their members.
@_exported import HTTPWire

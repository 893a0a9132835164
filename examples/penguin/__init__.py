"""Penguin: which species is a penguin of these measurements?"""

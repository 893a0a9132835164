"""Taxi: will a trip in Chicago be tipped more than 20 % of its fare?"""
